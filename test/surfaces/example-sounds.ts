// What the example use-cases answer about sounds, greetings and messages.

const WELCOME = { account: 'acme', name: 'welcome', lengthMs: 2_400, text: 'Welcome to Acme.' };

/** What stands for a WAV file wherever one is answered. */
export const WAV = new Uint8Array(Buffer.from('RIFF of a sound'));

export const SOUND_EXAMPLES = {
  'sounds.list': [WELCOME],
  'sounds.get': WAV,
  'sounds.set': WELCOME,
  'sounds.remove': undefined,
  'sounds.greeting': WAV,
  'sounds.setGreeting': undefined,
  'sounds.clearGreeting': undefined,
  'sounds.message': WAV,
  'sounds.deleteMessage': undefined,
};
