// What DNS answered, for as long as it said, and longer when it fails: DNS may be what is under attack, and servers
// seldom move while it is (RFC 8767).
//
//   asked ──rows──▶ holds for its TTL ──▶ asked again ──fails──▶ holds again, for a while, with the trouble noted
//                                              └──"none"──▶ is believed: its owner took it away

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Reply } from '../ports/dns.ts';
import { type Answer, type Question, questionKey, readAnswer } from '../sip/location/records.ts';

interface Entry {
  answer: Answer;
  /** Beyond its time it may stand in for a failure until then. */
  readonly staleUntil: Instant;
}

export class DnsCache {
  /** Those used last stand last. */
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** What still holds. */
  fresh(question: Question, now: Instant): Answer | undefined {
    const answer = this.known(question, now);
    return answer !== undefined && now < answer.until ? answer : undefined;
  }

  /** What holds, or held until lately. */
  known(question: Question, now: Instant): Answer | undefined {
    const key = questionKey(question);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (now >= Math.max(entry.staleUntil, entry.answer.until)) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  replied(question: Question, reply: Reply, now: Instant): void {
    if (reply.type === 'failed') return this.#failed(question, reply.reason, now);
    const reading = reply.type === 'rows' ? readAnswer(question, reply.rows) : reply;
    if (reading.type === 'none') {
      const askedMs = reply.type === 'none' ? reply.ttlMs : undefined;
      const holdsMs = bounded(askedMs ?? LIMITS.dnsRetryMs, LIMITS.dnsNegativeMaxMs);
      this.#keep(question, { answer: { type: 'none', until: now + holdsMs }, staleUntil: now });
      return;
    }
    const { ttlMs, ...content } = reading;
    const until = now + bounded(ttlMs, LIMITS.dnsTtlMaxMs);
    this.#keep(question, { answer: { ...content, until }, staleUntil: until + LIMITS.dnsStaleMs });
  }

  #failed(question: Question, reason: string, now: Instant): void {
    const until = now + LIMITS.dnsRetryMs;
    const trouble = `${question.name} ${question.type}: ${reason}`;
    const answer = this.known(question, now);
    const entry = this.#entries.get(questionKey(question));
    if (
      entry !== undefined &&
      answer !== undefined &&
      (answer.type === 'records' || answer.type === 'alias')
    ) {
      entry.answer = { ...answer, until: Math.max(answer.until, until), trouble };
    } else {
      this.#keep(question, { answer: { type: 'failed', until, trouble }, staleUntil: until });
    }
  }

  #keep(question: Question, entry: Entry): void {
    const key = questionKey(question);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= LIMITS.dnsAnswersMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

/** A TTL of 0 is honoured as far as it can be without asking for each call. */
function bounded(ttlMs: number, maxMs: number): number {
  return Math.min(Math.max(ttlMs, LIMITS.dnsTtlMinMs), maxMs);
}
