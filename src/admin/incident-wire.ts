// Incidents and maintenance as they are asked for and told, by API and CLI alike.

import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { IMPACTS, PHASES } from '../ports/incidents.ts';
import { flag, list, section, words } from './documents/section.ts';
import { instant } from './wire.ts';

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** Text of several lines: what people read as it was written, without what steers a terminal. */
function prose(lengthMax: number) {
  return z
    .string({ error: 'expected text' })
    .trim()
    .min(1, 'must not be empty')
    .max(lengthMax, `must not be longer than ${lengthMax} characters`)
    .regex(/^[^\p{Cc}\u2028\u2029]*(?:\n[^\p{Cc}\u2028\u2029]*)*$/u, 'must not contain control characters');
}

const componentName = words(60);
const title = words(LIMITS.incidentTitleMax);
const text = prose(LIMITS.incidentTextMax);
const template = words(60).meta({ description: 'Of status.templates, instead of a text' });

const impact = z.enum(IMPACTS, { error: `expected ${IMPACTS.join(', ')}` });
const openPhase = z.enum(['investigating', 'identified', 'monitoring'], {
  error: 'expected investigating, identified or monitoring',
});
const phase = z.enum(PHASES, { error: `expected ${PHASES.join(', ')}` });

function components<State extends z.ZodType>(state: State) {
  const one = section({ name: componentName, state });
  return list(one, LIMITS.componentsMax, '[{ name: Website, state: partial-outage }]');
}

export const openingInput = section({
  title: title.optional(),
  text: text.optional(),
  template: template.optional(),
  phase: openPhase.optional(),
  components: components(impact),
}).meta({
  id: 'IncidentOpening',
  description: 'What an operator declares: never better than the probes say',
});
export type OpeningInput = z.infer<typeof openingInput>;

export const updateInput = section({
  phase: phase.optional().meta({ description: 'As it was, unless given' }),
  text: text.optional(),
  template: template.optional(),
  components: components(
    z.enum([...IMPACTS, 'operational'], { error: `expected ${IMPACTS.join(', ')} or operational` }),
  )
    .optional()
    .meta({ description: 'Of an incident that an operator opened: what is otherwise from now on' }),
}).meta({ id: 'IncidentUpdateBody' });
export type UpdateInput = z.infer<typeof updateInput>;

export const titleInput = section({ title }).meta({ id: 'IncidentTitle' });
export type TitleInput = z.infer<typeof titleInput>;

export const postMortemInput = section({ text: prose(LIMITS.postMortemMax) }).meta({ id: 'PostMortemBody' });
export type PostMortemInput = z.infer<typeof postMortemInput>;

const maintained = list(componentName, LIMITS.componentsMax, '[Website]');

export const maintenanceInput = section({
  title,
  text: text.optional(),
  components: maintained,
  from: instant,
  until: instant,
  notify: flag.optional().meta({ description: 'Remind the contacts of all accounts by e-mail, too' }),
}).meta({ id: 'MaintenanceBody' });
export type MaintenanceInput = z.output<typeof maintenanceInput>;

export const maintenanceChangeInput = section({
  title: title.optional(),
  text: text.optional(),
  components: maintained.optional(),
  from: instant.optional(),
  until: instant.optional(),
  notify: flag.optional(),
})
  .refine((change) => Object.keys(change).length > 0, {
    error: 'nothing is changed; give title, text, components, from, until or notify',
  })
  .meta({ id: 'MaintenanceChange', description: 'What is not given stays as it is' });
export type MaintenanceChangeInput = z.output<typeof maintenanceChangeInput>;

export const maintenanceEndInput = section({ text: text.optional() }).meta({ id: 'MaintenanceEnd' });
export type MaintenanceEndInput = z.infer<typeof maintenanceEndInput>;

export const incident = z
  .object({
    id: z.string().meta({ examples: ['20261126-1'] }),
    title: z.string(),
    openedBy: z.enum(['probes', 'operator']),
    openedAt: instant,
    resolvedAt: instant.optional(),
    affected: listOf(
      z.object({
        component: z.string(),
        worst: z.enum(IMPACTS),
        since: instant,
        until: instant.optional().meta({ description: 'Absent while it goes on' }),
      }),
    ),
    updates: listOf(
      z.object({
        at: instant,
        phase: z.enum(PHASES),
        text: z.string(),
        by: z.enum(['probes', 'operator']),
      }),
    ).meta({ description: 'Oldest first' }),
    postMortem: z.object({ at: instant, text: z.string() }).optional(),
  })
  .meta({ id: 'Incident', description: 'A period in which the service was not whole' });

const next = z
  .string()
  .optional()
  .meta({ description: 'What `before` is for the next page; absent on the last' });

export const incidentPage = z.object({ incidents: listOf(incident), next });

export const maintenance = z
  .object({
    id: z.string().meta({ examples: ['m20261126-1'] }),
    title: z.string(),
    text: z.string(),
    components: listOf(z.string()),
    from: instant,
    until: instant,
    state: z.enum(['scheduled', 'under-way', 'completed', 'cancelled']),
    updates: listOf(z.object({ at: instant, text: z.string() })),
    reminders: listOf(z.object({ at: instant, sent: z.boolean() })),
    createdAt: instant,
    notify: z.boolean().optional(),
    endedAt: instant.optional(),
  })
  .meta({ id: 'Maintenance' });

export const maintenancePage = z.object({ maintenance: listOf(maintenance), next });
