// How much of the time each part of the service was up, as the API and the CLI tell it.

import { z } from 'zod';
import type { Instant } from '../base/time.ts';
import { SHOWN_STATES } from '../ports/status.ts';
import type { ComponentDay } from '../ports/uptime.ts';
import type { Uptime } from '../watch/history.ts';
import { instant } from './wire.ts';

export interface ComponentUptime {
  readonly name: string;
  readonly group?: string | undefined;
  readonly uptime: Uptime;
  /** Oldest first; a day that was not watched is not there. */
  readonly days: readonly Pick<ComponentDay, 'day' | 'ms'>[];
}

export interface UptimeView {
  readonly at: Instant;
  readonly components: readonly ComponentUptime[];
}

/** Whoever counts. */
export type UptimeDesk = () => UptimeView;

const share = z.number().min(0).max(1).optional();
const milliseconds = z.number();

export const uptimeView = z
  .object({
    at: instant,
    components: z
      .array(
        z
          .object({
            name: z.string(),
            group: z.string().optional(),
            uptime: z
              .object({
                day: share.meta({ description: 'Today, so far' }),
                week: share.meta({ description: 'Seven days, today among them' }),
                quarter: share.meta({ description: 'Ninety days, today among them' }),
              })
              .meta({ description: 'Shares of the time that is known; absent where nothing is known' }),
            days: z
              .array(
                z.object({
                  day: z.string().meta({ description: 'Of UTC, such as 2026-11-26' }),
                  ms: z.record(z.enum(SHOWN_STATES), milliseconds).meta({
                    description: 'How long it was shown in each state; the rest was not watched',
                  }),
                }),
              )
              .readonly(),
          })
          .meta({ id: 'ComponentUptime' }),
      )
      .readonly(),
  })
  .meta({ id: 'Uptime' });
