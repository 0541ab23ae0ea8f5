// What can happen to a node, as moves: each takes the conversation a step further, as the peers know it, or breaks
// into it. A move is a name and a seed, so a case is a list of them (`invite 1234`), which can be kept and cut.

import type { Flow } from '../../../src/base/net.ts';
import { formatSdp } from '../../../src/sdp/description.ts';
import { createOffer } from '../../../src/sdp/offer-answer.ts';
import { acme } from '../../simulation/story.ts';
import { SeededRandom } from '../../simulation/world.ts';
import { drawMessage } from '../draw-message.ts';
import { drawSdp } from '../sdp-grammar.ts';
import { Words } from '../words.ts';
import { PEER_NAMES, type PeerName, type Peers } from './peers.ts';
import { MAILBOX, type NodeWorld } from './world.ts';

type Move = (world: NodeWorld, peers: Peers, random: SeededRandom) => void;

const PHONES: readonly PeerName[] = ['reception', 'workshop', 'browser', 'secure'];
const CARRIERS: readonly PeerName[] = ['carrier-a', 'carrier-b'];
const CALLED = [
  '+442079460000',
  '02079460000',
  'workshop',
  'reception',
  '+447700900123',
  '999',
  '+12025550100',
];
const WITHIN = [
  'BYE',
  'BYE',
  'INVITE',
  'INVITE',
  'UPDATE',
  'INFO',
  'PRACK',
  'OPTIONS',
  'REFER',
  'MESSAGE',
  'NOTIFY',
  'SUBSCRIBE',
];
const NO_BODY = new Uint8Array(0);

/** Name → how often, and what. */
export const MOVES: Readonly<Record<string, readonly [weight: number, move: Move]>> = {
  register: [4, register],
  invite: [6, invite],
  answer: [14, answer],
  acknowledge: [5, acknowledge],
  within: [6, within],
  subscribe: [4, subscribe],
  cancel: [2, cancel],
  again: [3, again],
  garbage: [
    3,
    (_, peers, random) => peers.sendBytes(peers.flow(random.pick(PEER_NAMES)), drawMessage(random)),
  ],
  rehearse: [1, (world, _, random) => rehearse(world, random.chance(0.5))],
  pass: [8, (world, peers, random) => pass(world, peers, random)],
  media: [3, (world, _, random) => world.mediaHappens(random)],
  trouble: [2, trouble],
  operate: [1, operate],
};

/** Draws what happens, as moves in words. */
export function drawMoves(random: SeededRandom): readonly string[] {
  const table = Object.entries(MOVES).map(([name, [weight]]) => [weight, name] as const);
  const opening = ['register', 'register', 'invite'];
  const drawn = Array.from({ length: random.between(5, 40) }, () => random.weighted(table));
  const names = random.chance(0.8) ? [...opening, ...drawn] : drawn;
  return names.map((name) => `${name} ${random.between(0, 2 ** 31)}`);
}

export function makeMove(text: string, world: NodeWorld, peers: Peers): void {
  const [name = '', seedText] = text.split(' ');
  const seed = Number(seedText);
  const move = MOVES[name];
  if (move === undefined || !Number.isInteger(seed)) return;
  const random = new SeededRandom(seed);
  world.begin(seed);
  move[1](world, peers, random);
  // The relay and the disk mostly answer at once.
  if (random.chance(0.9)) world.answerMedia(random, 0.05);
  if (random.chance(0.9)) world.answerStore(random, 0.05);
  if (random.chance(0.9)) world.answerNames(random);
  peers.listen();
}

function body(random: SeededRandom): Uint8Array {
  return random.weighted<() => Uint8Array>([
    [
      8,
      () =>
        formatSdp(createOffer({ ...OFFER, direction: random.pick(['sendrecv', 'sendonly', 'inactive']) })),
    ],
    [3, () => drawSdp(new Words(random))],
    [2, () => NO_BODY],
  ])();
}

const OFFER = {
  local: { address: '192.0.2.11', port: 4_000 },
  sessionId: 1,
  sessionVersion: 1,
  codecs: ['PCMA', 'PCMU'],
  dtmfPayloadType: 101,
} as const;

function register(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  const name = random.pick(PHONES);
  const user = random.pick(['reception', 'workshop', 'nobody']);
  const flow = peers.flow(name);
  const expires = random.pick(['60', '60', '60', '3600', '0', '1', '4294967296']);
  const asked = peers.request('REGISTER', user, flow, user, random);
  let headers = asked.headers.append('Expires', expires);
  if (random.chance(0.2))
    headers = headers.append('Supported', 'path, outbound, gruu').append('Path', '<sip:p@192.0.2.99;lr>');
  if (random.chance(0.2))
    headers = headers.set('Contact', `${headers.get('Contact')};reg-id=1;+sip.instance="<urn:uuid:1>"`);
  if (random.chance(0.05)) headers = headers.set('Contact', '*');
  const request = asked.with({ headers });
  peers.send(flow, peers.digest(user).preauthorise(request), random);
  const { challenge } = peers;
  const again = challenge === undefined ? undefined : peers.digest(user).authorise(request, challenge);
  if (again?.ok) peers.send(flow, again.value, random);
}

function invite(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  const outside = random.chance(0.5);
  const flow = peers.flow(random.pick(outside ? CARRIERS : PHONES));
  const user = outside ? '+447700900999' : random.pick(['reception', 'workshop']);
  const asked = peers.request('INVITE', random.pick(CALLED), flow, user, random);
  const offer = body(random);
  let headers = offer.length > 0 ? asked.headers.append('Content-Type', 'application/sdp') : asked.headers;
  if (random.chance(0.2))
    headers = headers.append('Supported', 'timer, 100rel').append('Session-Expires', '1800');
  if (random.chance(0.2)) headers = headers.append('Record-Route', '<sip:198.51.100.9;lr>');
  const request = asked.with({ headers, body: offer });
  if (outside) return peers.send(flow, request, random);
  peers.send(flow, peers.digest(user).preauthorise(request), random);
  const { challenge } = peers;
  const again = challenge === undefined ? undefined : peers.digest(user).authorise(request, challenge);
  if (again?.ok) peers.send(flow, again.value, random);
}

/** To a mailbox, or once more in the dialog of a NOTIFY. */
function subscribe(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  const flow = peers.flow(random.pick(PHONES));
  const user = random.pick(['reception', 'reception', 'workshop']);
  const asked = peers.request('SUBSCRIBE', random.pick([user, 'front', '*97', '']), flow, user, random);
  const event = random.pick(['message-summary', 'message-summary', 'message-summary;id=1', 'presence', '']);
  const expires = random.pick(['60', '3600', '0', '1', '-1', '4294967296']);
  let headers = asked.headers.append('Event', event).append('Expires', expires);
  const notify = peers.asked.findLast(({ request }) => request.method === 'NOTIFY')?.request;
  if (notify !== undefined && random.chance(0.5)) {
    for (const [ours, theirs] of SEEN_FROM_THERE)
      headers = headers.set(ours, notify.headers.get(theirs) ?? '');
  }
  const request = asked.with({ headers });
  peers.send(flow, peers.digest(user).preauthorise(request), random);
  const { challenge } = peers;
  const again = challenge === undefined ? undefined : peers.digest(user).authorise(request, challenge);
  if (again?.ok) peers.send(flow, again.value, random);
}

const SEEN_FROM_THERE = [
  ['From', 'To'],
  ['To', 'From'],
  ['Call-ID', 'Call-ID'],
] as const;

function answer(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  if (peers.asked.length === 0) return;
  // The latest is the likeliest.
  const asked = random.chance(0.5) ? peers.asked.at(-1) : random.pick(peers.asked);
  if (asked === undefined) return;
  const status = random.weighted([
    [5, 200],
    [4, 180],
    [2, 183],
    [1, 100],
    [1, 401],
    [1, random.between(300, 399)],
    [3, random.pick([403, 404, 408, 422, 480, 481, 486, 487, 488, 491])],
    [1, random.between(500, 699)],
  ]);
  peers.answer(
    asked,
    status,
    status < 300 && asked.request.method !== 'BYE' ? body(random) : NO_BODY,
    random,
  );
}

function acknowledge(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  const known = peers.conversations.at(random.chance(0.7) ? -1 : random.between(0, 11));
  if (known === undefined) return;
  const ack = known.dialog.createAck(known.inviteCseq, random.chance(0.2) ? sdp(random) : {});
  peers.send(known.flow, ack, random);
}

function within(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  if (peers.conversations.length === 0) return;
  const { flow, dialog } = random.pick(peers.conversations);
  const method = random.pick(WITHIN);
  const describes = method === 'INVITE' || (method === 'UPDATE' && random.chance(0.5));
  const request = dialog.createRequest(method, {
    headers: [
      [
        'Contact',
        `<sip:moved@${random.pick(['192.0.2.11', '198.51.100.1', '10.0.0.1', '[2001:db8::1]', 'carrier-b.example'])}>`,
      ],
      ...(random.chance(0.2) ? [['Session-Expires', '90'] as const, ['Supported', 'timer'] as const] : []),
    ],
    ...(describes && sdp(random)),
  });
  peers.send(flow, request, random);
}

function sdp(random: SeededRandom): { body: Uint8Array; contentType: string } {
  return { body: body(random), contentType: 'application/sdp' };
}

function cancel(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  if (peers.invites.length === 0) return;
  const { flow, request } = random.pick(peers.invites);
  const method = random.chance(0.8) ? 'CANCEL' : 'ACK';
  const rows = [...request.headers.rows()].filter(([name]) => SAME_IN_CANCEL.has(name));
  const cseq = `CSeq: ${request.cseq?.number ?? 1} ${method}`;
  const lines = rows.map(([name, value]) => `${name}: ${value}`);
  const text = [`${method} ${request.uri} SIP/2.0`, ...lines, cseq, 'Content-Length: 0', '', ''].join('\r\n');
  peers.sendBytes(flow, Buffer.from(text));
}

const SAME_IN_CANCEL = new Set(['Via', 'From', 'To', 'Call-ID', 'Max-Forwards']);

/** The network doubles a message, or somebody else has heard it and plays it again. */
function again(_world: NodeWorld, peers: Peers, random: SeededRandom): void {
  if (peers.sent.length === 0) return;
  const { flow, bytes } = random.pick(peers.sent);
  peers.sendBytes(random.chance(0.8) ? flow : peers.flow(random.pick(PEER_NAMES)), bytes);
}

function pass(world: NodeWorld, peers: Peers, random: SeededRandom): void {
  world.pass(random.pick([0, 1, 10, 100, 500, 500, 2_000, 2_000, 5_000, 20_000, 32_000, 64_000]));
  peers.listen();
}

function trouble(world: NodeWorld, peers: Peers, random: SeededRandom): void {
  const flow: Flow = peers.flow(random.pick(PEER_NAMES));
  const closes = flow.connectionId !== undefined && random.chance(0.5);
  world.turn((node, now) =>
    closes ? node.flowClosed(flow, now) : node.flowFailed(flow, 'unreachable', now),
  );
  if (closes) peers.reconnect();
}

/** A message in the mailbox, heard, or deleted. */
function leave(world: NodeWorld, random: SeededRandom): void {
  const id = `message-${random.between(0, 3)}`;
  const about = { account: 'acme', mailbox: 'front', called: '+442079460000', caller: 'anonymous' };
  world.turn((node, now) => {
    const message = { id, ...about, at: now, lengthMs: 1_000, recording: id };
    const what = random.pick(['keep-message', 'message-heard', 'delete-message'] as const);
    node.desk.ask(0, what === 'keep-message' ? { type: what, message } : { type: what, id, at: now });
    return node.expire(now);
  });
}

function rehearse(world: NodeWorld, dial: boolean): void {
  const asked = { number: '+442079460000', dial, by: 'cli', prompts: [], heard: [] };
  world.turn((node, now) => node.desk.rehearsals.start(asked, now).effects);
}

function operate(world: NodeWorld, _peers: Peers, random: SeededRandom): void {
  const { node } = world;
  random.weighted<() => void>([
    [
      3,
      () =>
        world.turn((it, now) =>
          it.directoryChanged(
            random.chance(0.5) ? [] : [{ ...acme(), mailboxes: random.chance(0.5) ? [MAILBOX] : [] }],
            now,
          ),
        ),
    ],
    [3, () => world.turn((it, now) => it.hangUp(node.calls()[0]?.id ?? 'none', now).effects)],
    [3, () => world.turn((it, now) => it.startTestCall('+442079460000', now).effects)],
    [1, () => node.drain()],
    [3, () => leave(world, random)],
  ])();
  node.phones();
  node.trunks();
  node.counters();
}
