// What people bring to be heard, as WAV files or as texts that the node speaks: sounds of accounts, greetings of
// mailboxes. And what callers left: listened to or deleted by an operator, which is audited.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { accountName, mailboxName, soundName, spokenText } from '../../admin/provisioning/schema.ts';
import { soundList, soundView } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { App, Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const WAV_TYPE = 'audio/wav';
const WAV_TYPES = [WAV_TYPE, 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'application/octet-stream'];
const tags = ['sounds'];

const bytes = z.instanceof(Buffer).meta({ type: 'string', format: 'binary' });
const body = z
  .union([bytes, section({ text: spokenText })], {
    error: `expected a WAV file, as ${WAV_TYPE}, or {"text": "what to say"} of at most ${LIMITS.soundTextMax} characters`,
  })
  .meta({ description: 'A WAV file, or what the node is to say' });
const wavResponse = {
  200: { description: 'A WAV file', content: { [WAV_TYPE]: { schema: bytes } } },
  default: problemResponse,
};
const gone = { 204: z.undefined(), default: problemResponse };
const account = section({ account: accountName });
const sound = section({ account: accountName, sound: soundName });
const mailbox = section({ account: accountName, mailbox: mailboxName });
const message = section({ id: z.string().max(LIMITS.tokenBytesMax) });

export const soundRoutes: Routes = (app, admin) => {
  takesFiles(app);
  app.route({
    method: 'GET',
    url: '/accounts/:account/sounds',
    schema: {
      tags,
      summary: 'List what announcements and menus of an account can say',
      params: account,
      response: { 200: soundList, default: problemResponse },
    },
    handler: async ({ params }) => ({ sounds: await admin.sounds.list(params.account) }),
  });

  app.route({
    method: 'GET',
    url: '/accounts/:account/sounds/:sound',
    schema: { tags, summary: 'Listen to a sound', params: sound, response: wavResponse },
    handler: async ({ params }, reply) =>
      reply.type(WAV_TYPE).send(Buffer.from(await admin.sounds.get(params.account, params.sound))),
  });

  app.route({
    method: 'PUT',
    url: '/accounts/:account/sounds/:sound',
    schema: {
      tags,
      summary: 'Upload a sound, or have a text spoken',
      description: 'WAV: 16-bit PCM of 8 to 48 kHz, or G.711; a text is spoken by flite, in English.',
      consumes: [WAV_TYPE, 'application/json'],
      params: sound,
      body,
      response: { 200: soundView, default: problemResponse },
    },
    handler: ({ params, body: brought, headers }) =>
      admin.sounds.set(params.account, params.sound, brought, byWhom(headers['user-agent'])),
  });

  app.route({
    method: 'DELETE',
    url: '/accounts/:account/sounds/:sound',
    schema: {
      tags,
      summary: 'Remove a sound that no plan or menu says',
      params: sound,
      response: gone,
    },
    handler: async ({ params, headers }, reply) => {
      await admin.sounds.remove(params.account, params.sound, byWhom(headers['user-agent']));
      return reply.code(204).send();
    },
  });
};

export const greetingRoutes: Routes = (app, admin) => {
  takesFiles(app);
  const url = '/accounts/:account/mailboxes/:mailbox/greeting';
  app.route({
    method: 'GET',
    url,
    schema: {
      tags: ['voicemail'],
      summary: "Listen to a mailbox's own greeting",
      params: mailbox,
      response: wavResponse,
    },
    handler: async ({ params }, reply) =>
      reply.type(WAV_TYPE).send(Buffer.from(await admin.sounds.greeting(params.account, params.mailbox))),
  });

  app.route({
    method: 'PUT',
    url,
    schema: {
      tags: ['voicemail'],
      summary: "Upload a mailbox's greeting, or have a text spoken",
      consumes: [WAV_TYPE, 'application/json'],
      params: mailbox,
      body,
      response: gone,
    },
    handler: async ({ params, body: brought, headers }, reply) => {
      const by = byWhom(headers['user-agent']);
      await admin.sounds.setGreeting(params.account, params.mailbox, brought, by);
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'DELETE',
    url,
    schema: {
      tags: ['voicemail'],
      summary: 'Put the default greeting back',
      params: mailbox,
      response: gone,
    },
    handler: async ({ params, headers }, reply) => {
      await admin.sounds.clearGreeting(params.account, params.mailbox, byWhom(headers['user-agent']));
      return reply.code(204).send();
    },
  });
};

export const messageRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/messages/:id/recording',
    schema: {
      tags: ['voicemail'],
      summary: 'Listen to a message',
      description: 'Stands in the audit. The message stays as new as it was.',
      params: message,
      response: wavResponse,
    },
    handler: async ({ params, headers }, reply) => {
      const wav = await admin.sounds.message(params.id, byWhom(headers['user-agent']));
      return reply.type(WAV_TYPE).send(Buffer.from(wav));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/messages/:id',
    schema: {
      tags: ['voicemail'],
      summary: 'Delete a message',
      description: "Stands in the audit, and the account's contacts are told.",
      params: message,
      response: gone,
    },
    handler: async ({ params, headers }, reply) => {
      await admin.sounds.deleteMessage(params.id, byWhom(headers['user-agent']));
      return reply.code(204).send();
    },
  });
};

/** Only for the routes of this scope. */
function takesFiles(app: App): void {
  app.addContentTypeParser(
    WAV_TYPES,
    { parseAs: 'buffer', bodyLimit: LIMITS.soundFileBytesMax },
    (_request, file, done) => done(null, file),
  );
}
