// The node as calls/ sees it: its small ports over the transaction layer, the registrar and the trunks.

import { hex } from '../base/ids.ts';
import type { Destination, Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { SessionTerms } from '../calls/session-timer.ts';
import type { Audience, Outside, PhonePort, RecordsPort, SipPort, TrunkPort } from '../calls/surroundings.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { MediaCommand } from '../ports/media.ts';
import type { Random } from '../ports/random.ts';
import type { TrunkSettings } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { normaliseNumber } from '../routing/destinations.ts';
import type { Directory } from '../routing/directory.ts';
import { DigestClient } from '../sip/auth/client.ts';
import type { TransactionEffect, TransactionLayer } from '../sip/transaction/layer.ts';
import type { Trunks } from '../trunks/trunks.ts';
import type { Desk } from './desk.ts';
import { faultEvent } from './fault.ts';
import type { FraudDesk } from './fraud-desk.ts';
import type { Listeners } from './listeners.ts';
import type { OwnRequests } from './own-requests.ts';
import type { NodeEvent } from './views.ts';
import { wayWithin } from './ways.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface OutsideOptions {
  readonly domain: string;
  readonly silenceMs: number;
  readonly sessionTerms: SessionTerms;
  readonly trunkSettings: readonly TrunkSettings[];
  readonly random: Random;
  readonly hashing: Hashing;
  readonly layer: TransactionLayer;
  readonly listeners: Listeners;
  readonly whereabouts: Whereabouts;
  readonly registrar: Registrar;
  readonly trunks: Trunks;
  readonly own: OwnRequests;
  readonly fraud: FraudDesk;
  readonly desk: Desk;
  readonly directory: () => Directory;
  /** ISO 3166. */
  readonly country: string;
  readonly now: () => Instant;
  readonly queue: (effects: readonly TransactionEffect[]) => void;
  readonly media: (command: MediaCommand) => void;
  readonly persist: (writes: readonly StoreWrite[]) => void;
  readonly event: (event: NodeEvent) => void;
}

export function outsideOf(options: OutsideOptions): Outside {
  const { domain, silenceMs, sessionTerms, whereabouts, now, media } = options;
  return {
    domain,
    silenceMs,
    sessionTerms,
    request: (request, flows) => whereabouts.nextServers.request(request, flows, now()),
    media,
    sip: sipPort(options),
    phones: phonePort(options),
    trunks: trunkPort(options),
    audience: audience(options),
    records: recordsPort(options),
    newId: () => options.desk.newId(),
    ask: (id, question) => options.desk.ask(id, question),
    erase: (recording) => options.desk.erase(recording),
    caps: options.desk.caps,
    unusual: {
      judge: (attempt) => options.fraud.judge(attempt, now()),
      over: (account, call) => options.fraud.over(account, call),
    },
  };
}

function sipPort(options: OutsideOptions): SipPort {
  const { layer, listeners, whereabouts, random, now, queue } = options;
  const { nextServers } = whereabouts;
  return {
    respond: (id, response) => queue(layer.respond(id, response, now())),
    acknowledge: (id, ack, flow) => queue(layer.acknowledge(nextServers.answered(id), ack, flow, now())),
    settle: (id) => queue(layer.settle(id, now())),
    cancel: (id, headers) => {
      for (const each of nextServers.cancel(id)) queue(layer.cancel(each, now(), headers));
    },
    flowsFor: (dialog, flow, peer) => whereabouts.flowsFor(dialog, flow, peer, now()),
    contact: (flow, secure) => listeners.contact(flow, secure),
    newTag: () => hex(random.bytes(8)),
    newCallId: () => hex(random.bytes(16)),
  };
}

function phonePort({ registrar, own, now, domain }: OutsideOptions): PhonePort {
  return {
    targets: (user) => registrar.lookup(user),
    choice: (key) => {
      const found = registrar.get(key);
      if (found === undefined) return undefined;
      const { binding, device } = found;
      return { uri: binding.contact, flow: binding.flow, routes: binding.path, device };
    },
    within: (device, flow, target) => wayWithin(registrar, domain, device, flow, target),
    silent: (key) => own.registrarEffects(registrar.noSignOfLife(key, now()), now()),
    doubtsSilence: () => registrar.doubtsSilence(now()),
    alive: (key) => own.registrarEffects(registrar.answered(key, now()), now()),
  };
}

function trunkPort(options: OutsideOptions): TrunkPort {
  const { trunks, own, now } = options;
  const digests = digestClients(options);
  return {
    choices: (number, secureOnly) => own.trunkChoices(number, secureOnly),
    waitMs: (name) => trunks.waitMs(name, now()),
    legStarted: (name, leg, isUrgent) => trunks.callStarted(name, leg, isUrgent),
    turnOf: (name, leg) => trunks.turnOf(name, leg, now()),
    legEnded: (name, leg) => trunks.callEnded(name, leg),
    answered: (name, flow) => own.trunkEffects(trunks.callSucceeded(name, destinationOf(flow), now()), now()),
    failed: (name, flow, reason) =>
      own.trunkEffects(trunks.callFailed(name, destinationOf(flow), reason, now()), now()),
    authorise: (name, request, challenge) => {
      const authorised = digests.get(name)?.authorise(request, challenge);
      return authorised?.ok === true ? authorised.value : undefined;
    },
  };
}

function destinationOf({ transport, remote }: Flow): Destination {
  return { transport, ...remote };
}

/** One per trunk that has credentials. */
function digestClients({
  trunkSettings,
  hashing,
  random,
}: OutsideOptions): ReadonlyMap<string, DigestClient> {
  return new Map(
    trunkSettings.flatMap(({ name, credentials }) =>
      credentials === undefined
        ? []
        : [
            [
              name,
              new DigestClient({ ...credentials, hashing, newCnonce: () => hex(random.bytes(8)) }),
            ] as const,
          ],
    ),
  );
}

function recordsPort({ desk, directory, country }: OutsideOptions): RecordsPort {
  return {
    account: (name) => directory().account(name),
    numberOf: (typed) => normaliseNumber(typed, country),
    country,
    messageRoom: (account, mailbox) => desk.mailboxes.room(account, mailbox),
    newMessagesIn: (account, mailbox) => desk.mailboxes.counts(account, mailbox).fresh,
  };
}

function audience({ persist, event, now, fraud, desk }: OutsideOptions): Audience {
  return {
    leg: (note) => event({ type: 'leg', ...note }),
    timeline: (callId, called, entry) => event({ type: 'timeline', callId, called, entry }),
    ledger: (entry) => {
      const hasEnded = entry.endedAt !== undefined;
      const habits = hasEnded ? fraud.ended(entry) : [];
      persist([{ type: 'ledger', entry }, ...habits, ...desk.caps.ledger(entry)]);
      const { id, called, caller, startedAt, answeredAt } = entry;
      if (hasEnded) event({ type: 'call-ended', callId: id, entry });
      else if (answeredAt === undefined)
        event({ type: 'call-started', callId: id, called, caller, at: startedAt });
    },
    fault: (what, error) => event(faultEvent(what, error, now())),
    testCall: (testCallId, entry, end) =>
      event({ type: 'test-call', testCallId, entry, final: end !== undefined, passed: end?.passed ?? false }),
  };
}
