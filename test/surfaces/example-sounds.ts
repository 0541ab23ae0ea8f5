// What the example use-cases answer about sounds, greetings, messages and notices.

const WELCOME = { account: 'acme', name: 'welcome', lengthMs: 2_400, text: 'Welcome to Acme.' };

const MESSAGE = {
  id: 'message-1',
  account: 'acme',
  mailbox: 'reception',
  called: '+442079460000',
  caller: '+442079460999',
  lengthMs: 12_000,
  recording: '0f'.repeat(16),
};

/** What stands for a WAV file wherever one is answered. */
export const WAV = new Uint8Array(Buffer.from('RIFF of a sound'));

/** `now`: when the message was left. */
export const soundExamplesAt = (now: number) => ({
  'sounds.messages': [{ ...MESSAGE, at: now }],
  'sounds.list': [WELCOME],
  'sounds.get': WAV,
  'sounds.set': WELCOME,
  'sounds.remove': undefined,
  'sounds.greeting': WAV,
  'sounds.setGreeting': undefined,
  'sounds.clearGreeting': undefined,
  'sounds.message': WAV,
  'sounds.deleteMessage': undefined,
});

export const noticeExamplesAt = (now: number) => ({
  'notices.list': {
    waiting: 3,
    notices: [
      {
        id: 'notice-1',
        account: 'acme',
        channel: 'email' as const,
        to: 'owner@example.net',
        subject: 'Voicemail from +44 20 7946 0999, 12 seconds',
        at: now,
        attempts: 2,
        state: 'waiting' as const,
        nextAt: now + 120_000,
        lastError: '451 try later',
      },
    ],
  },
  'notices.retry': { tried: 1 },
  'notices.test': {
    channel: 'email' as const,
    to: 'owner@example.net',
    delivered: true,
    answer: '250 queued',
  },
});
