// The demo carrier's command line. Every address in it must be a loopback address: this program rings whoever it
// is pointed at, so it refuses, in code, to be pointed at anything but the machine that it runs on.

import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { Endpoint } from '../../src/base/net.ts';
import { err, ok, type Result } from '../../src/base/result.ts';

/** Numbers that begin with `prefix` are presented to `target` as new inbound calls. */
export interface Route {
  readonly prefix: string;
  readonly target: Endpoint;
}

export interface Options {
  readonly listen: Endpoint;
  readonly routes: readonly Route[];
  readonly toneHz: number;
  /** End when the program that started this one is gone. */
  readonly withParent: boolean;
}

export const USAGE = `usage: node examples/demo-carrier/main.ts [--provider 127.0.0.1:5060 --route +44207946] …

A stand-in for the public telephone network, on loopback only. It answers mobiles (+447700900xxx) with a tone, and
presents calls to a provider's numbers to that provider.

  --listen udp:ADDRESS:PORT   where it takes calls (udp:127.0.0.1:5070)
  --provider ADDRESS:PORT     the provider to whom routed numbers belong
  --route PREFIX[=ADDRESS:PORT]   numbers of the provider, or of another one; may be repeated
  --tone HZ                   what its mobiles say (440)
  --with-parent               end when the program that started it ends
`;

/** The error is one line for a person. */
export function parseOptions(parameters: readonly string[]): Result<Options, string> {
  try {
    return ok(readOptions(parameters));
  } catch (error) {
    return err(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function readOptions(parameters: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      listen: { type: 'string', default: 'udp:127.0.0.1:5070' },
      provider: { type: 'string' },
      route: { type: 'string', multiple: true, default: [] },
      tone: { type: 'string', default: '440' },
      'with-parent': { type: 'boolean', default: false },
    },
  });
  if (!values.listen.startsWith('udp:'))
    throw new Error(`--listen ${values.listen}: only udp: is spoken here`);
  const toneHz = Number(values.tone);
  if (!(toneHz >= 50 && toneHz <= 3_500)) throw new Error(`--tone ${values.tone}: from 50 to 3500 Hz`);
  return {
    listen: endpoint('--listen', values.listen.slice('udp:'.length)),
    routes: values.route.map((text) => route(text, values.provider)),
    toneHz,
    withParent: values['with-parent'],
  };
}

function route(text: string, provider: string | undefined): Route {
  const [prefix = '', address = provider] = text.split('=');
  if (!/^\+\d{1,15}$/.test(prefix))
    throw new Error(`--route ${text}: begins with a number such as +44207946`);
  if (address === undefined)
    throw new Error(`--route ${text}: whose is it? Give --provider, or ${prefix}=ADDRESS:PORT`);
  return { prefix, target: endpoint('--route', address) };
}

function endpoint(option: string, text: string): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  if (isIP(address) === 0 || Number(port) > 65_535) {
    throw new Error(`${option} ${text}: expected an address and a port, such as 127.0.0.1:5070`);
  }
  if (!isLoopback(address))
    throw new Error(`${option} ${text}: the demo carrier stays on loopback (127.0.0.1 or [::1])`);
  return { address, port: Number(port) };
}

/** 127.0.0.0/8 and ::1, as literals; a name is never one. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
