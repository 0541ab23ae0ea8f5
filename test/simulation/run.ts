// npm run sim -- --seeds N [--from S]: plays seeds and says what went wrong, with the seed and the broken rule.
// npm run sim -- --seed S [--everything]: plays one, and prints what the seed meant and the ladder of messages,
// with probes and registrations where everything is asked for. Exit code 1 where anything went wrong.
// --telephone: of those who call the node itself; says how often each kind of thing happened, too.

import { parseArgs } from 'node:util';
import { type Judged, judge } from './judge.ts';
import { judgeTelephone } from './telephone/judge.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    telephone: { type: 'boolean', default: false },
    everything: { type: 'boolean', default: false },
  },
});

const only = values.seed === undefined ? undefined : Number(values.seed);
const from = only ?? Number(values.from);
const count = only === undefined ? Number(values.seeds) : 1;
const beganMs = performance.now();
const failures: number[] = [];
const happened = new Map<string, number>();
let messages = 0;
let calls = 0;

for (let seed = from; seed < from + count; seed++) {
  const judged = values.telephone ? await telephone(seed) : judge(seed);
  messages += judged.messages;
  calls += judged.calls;
  if (only !== undefined)
    print(`${judged.scenario()}\n${judged.ladder(values.everything ? 'everything' : 'calls')}\n`);
  if (judged.violations.length > 0) {
    failures.push(seed);
    print(report(judged));
  }
}

const seconds = (performance.now() - beganMs) / 1_000;
const each = ((seconds / count) * 1_000).toFixed(1);
print(
  `${count} seeds from ${from}: ${calls} calls, ${messages} messages, ${seconds.toFixed(1)} s (${each} ms each)\n`,
);
for (const [name, count] of happened) print(`  ${count} ${name}\n`);
if (failures.length > 0) {
  const again = `npm run sim -- ${values.telephone ? '--telephone ' : ''}--seed ${failures[0]}`;
  print(`${failures.length} failed: ${failures.join(', ')}\nThe first again, with its ladder: ${again}\n`);
  process.exitCode = 1;
}

async function telephone(seed: number): Promise<Judged> {
  const judged = await judgeTelephone(seed);
  for (const [name, count] of Object.entries(judged.happened))
    happened.set(name, (happened.get(name) ?? 0) + count);
  return judged;
}

function report(judged: Judged): string {
  const lines = judged.violations.map(({ rule, what }) => `  ${rule}:\n    ${what}`);
  return `seed ${judged.seed}:\n${lines.join('\n')}\n`;
}

function print(text: string): void {
  process.stdout.write(text);
}
