// One subscription, and what is known of it (RFC 6665 §4.2). It composes the NOTIFYs of its dialog; when one is due is
// the business of subscriptions.ts.
//
//   Subscription-State: active;expires=3540
//   Subscription-State: terminated;reason=timeout

import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { MESSAGE_SUMMARY, SUMMARY_TYPE, summaryBody } from './message-summary.ts';

/** Why a subscription ends, in the words of RFC 6665 §4.1.3; they tell the phone whether to come again, and when. */
export type Ending = 'timeout' | 'noresource' | 'deactivated' | 'probation';

/** A binding, and the device that it is a flow of. */
export interface Bound {
  readonly user: string;
  readonly device: string;
  readonly key: string;
}

/** Who subscribes, and to what. */
export interface Subscriber {
  readonly user: string;
  /** One of the phone's mailboxes; absent: all of them. */
  readonly mailbox?: string | undefined;
  /** Over which the latest SUBSCRIBE came. */
  readonly flow: Flow;
  /** Our Contact value over it. */
  readonly contact: string;
  /** The binding that the phone has over that flow, which may lead to it when the flow is gone. */
  readonly telephone?: Bound | undefined;
}

/** A phone that has to give way to others comes again only after the longest that they can hold their places. */
const PROBATION_SECONDS = 3_600;

export class Subscription {
  readonly dialog: Dialog;
  readonly eventId: string | undefined;
  subscriber: Subscriber;
  expiresAt: Instant;
  /** What the phone was last told; `undefined`: nothing that it is known to have taken. */
  told: string | undefined;
  /** A NOTIFY is under way. */
  asking = false;
  /** A SUBSCRIBE came, which a NOTIFY follows whether or not anything has changed (§4.2.1.2). */
  owed = true;
  /** The next change is told no sooner. */
  notBefore: Instant = 0;
  ending: Ending | undefined;
  /** In its table's heap of deadlines. */
  heapIndex = -1;

  constructor(dialog: Dialog, eventId: string | undefined, subscriber: Subscriber, expiresAt: Instant) {
    this.dialog = dialog;
    this.eventId = eventId;
    this.subscriber = subscriber;
    this.expiresAt = expiresAt;
  }

  get key(): string {
    return this.dialog.key;
  }

  /** `summary`: of the mailbox; `undefined` where there is none any more. */
  notify(summary: string | undefined, now: Instant): SipRequest {
    const id = this.eventId === undefined ? '' : `;id=${this.eventId}`;
    const content = summary === undefined ? {} : { body: summaryBody(summary), contentType: SUMMARY_TYPE };
    return this.dialog.createRequest('NOTIFY', {
      headers: [
        ['Contact', this.subscriber.contact],
        ['Event', `${MESSAGE_SUMMARY}${id}`],
        ['Subscription-State', this.#state(now)],
      ],
      ...content,
    });
  }

  #state(now: Instant): string {
    if (this.ending === undefined) {
      const seconds = Math.max(1, Math.floor((this.expiresAt - now) / SECOND_MS));
      return `active;expires=${seconds}`;
    }
    const again = this.ending === 'probation' ? `;retry-after=${PROBATION_SECONDS}` : '';
    return `terminated;reason=${this.ending}${again}`;
  }
}
