// The demo carrier: a little SIP peer on loopback that stands for the public telephone network, so that a fresh
// Ringthrough has somebody to be called by and to call. It is a program of its own, started by the demo
// configuration only; it shares the wire protocols with the node (src/sip, src/sdp, src/rtp), and no decision.
//
//   test caller ─▶ node ─▶ demo carrier ─▶ node ─▶ phones          (its numbers: a new inbound call)
//                  node ─▶ demo carrier                            (mobiles: answered with a tone)

import { RingthroughError } from '../../src/base/errors.ts';
import { formatEndpoint } from '../../src/base/net.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { Switch } from './switch.ts';
import type { UserAgent } from './user-agent.ts';

const CLOSE_MS = 1_000;
const EXIT = { usage: 64, unavailable: 69 };

async function main(): Promise<void> {
  const parameters = process.argv.slice(2);
  if (parameters.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const options = parseOptions(parameters);
  if (!options.ok) {
    process.stderr.write(`demo carrier: ${options.error}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  const exchange = new Switch(options.value, print);
  const agent = await open(exchange);
  if (agent !== undefined) run(exchange, agent, options.value);
}

async function open(exchange: Switch): Promise<UserAgent | undefined> {
  try {
    return await exchange.open();
  } catch (error) {
    if (!(error instanceof RingthroughError)) throw error;
    process.stderr.write(`demo carrier: ${error.message.replace('sip.listen', '--listen')}\n`);
    process.exitCode = EXIT.unavailable;
    return undefined;
  }
}

function run(exchange: Switch, agent: UserAgent, options: Options): void {
  const owners = options.routes.map(({ prefix, target }) => `${prefix}… to ${formatEndpoint(target)}`);
  print(
    `stands for the telephone network on udp ${formatEndpoint(agent.local)}; ${owners.join(', ') || 'no routes'}`,
  );
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    exchange.end();
    await agent.close(CLOSE_MS);
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  if (!options.withParent) return;
  // Whichever of the two ties there is to the parent: it breaks when the parent is gone, however it went.
  process.on('disconnect', () => void end());
  if (process.connected) return;
  process.stdin.on('end', () => void end()).on('error', () => void end());
  process.stdin.resume();
}

/** Nobody may be listening any more. */
function print(line: string): void {
  process.stdout.write(`demo carrier: ${line}\n`);
}

process.stdout.on('error', () => undefined);
await main();
