// The ways to doors: a socket for each, or, where a kernel leads to them, two ports inside for all. Opened here before
// there is a core to send over them; what is asked of doors goes through here too, because it waits for their sockets.

import { openUdp } from '../adapters/net-udp/udp.ts';
import { assertNever } from '../base/assert.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type DoorSettings, insidePorts } from '../node/door-keeper.ts';
import type { DoorCommand } from '../node/views.ts';
import type { SignallingHandler, SignallingTransport } from '../ports/signalling.ts';
import type { DoorRefusal } from '../shield/doors.ts';
import type { Config } from './config/config.ts';
import { DoorSockets } from './door-sockets.ts';
import type { EventLoop } from './event-loop.ts';
import type { Shutdown } from './shutdown.ts';

/** Addresses where the node listens over UDP, each once. */
export function doorAddresses(config: Config): readonly string[] {
  const udp = config.sip.listeners.filter(({ transport }) => transport === 'udp');
  return [...new Set(udp.map(({ address }) => address))];
}

/** `isLed`: a kernel leads to the doors. */
export function doorSettings(config: Config, isLed: boolean): DoorSettings | undefined {
  const { doors: ports, moveDoors } = config.shield;
  if (ports === undefined) return undefined;
  const sockets = Math.floor(LIMITS.doorSocketsMax / doorAddresses(config).length);
  return {
    ports,
    max: isLed ? LIMITS.doorsMax : sockets,
    ...(isLed ? { inside: insidePorts(ports) } : {}),
    movesByItself: moveDoors,
  };
}

/** The ways to doors, opened before there is a core to send over them. */
export interface OpenDoors {
  readonly settings: DoorSettings | undefined;
  /** Where each door is a socket. */
  readonly sockets: DoorSockets | undefined;
  /** What comes and goes by doors is this loop's from now on. */
  serve(loop: EventLoop): void;
}

/** Throws RingthroughError LISTEN_FAILED where a port inside is taken. */
export async function openDoors(
  config: Config,
  isLed: boolean,
  handler: SignallingHandler,
  shutdown: Shutdown,
): Promise<OpenDoors> {
  const settings = doorSettings(config, isLed);
  const addresses = doorAddresses(config);
  if (settings === undefined) return { settings, sockets: undefined, serve: () => {} };
  if (settings.inside !== undefined) {
    const transports: SignallingTransport[] = [];
    for (const port of Object.values(settings.inside)) {
      for (const address of addresses) {
        const opened = await openUdp({ address, port, handler });
        shutdown.owns('port behind the doors', () => opened.close());
        transports.push(opened);
      }
    }
    const serve = (loop: EventLoop) => {
      for (const transport of transports) loop.add(transport);
    };
    return { settings, sockets: undefined, serve };
  }
  let served: EventLoop | undefined;
  const sockets = new DoorSockets({
    addresses,
    handler,
    added: (transport) => served?.add(transport),
    removed: (transport) => served?.remove(transport),
    opened: (port) => served?.turn((core, now) => core.doors.opened(port, now)),
    failed: (port, reason) => served?.turn((core, now) => core.doors.failed(port, reason, now)),
  });
  shutdown.owns('doors', () => sockets.close());
  const serve = (loop: EventLoop) => {
    served = loop;
  };
  return { settings, sockets, serve };
}

/** Resolves when it is done and kept, and doors that are sockets are open. */
export async function changeDoor(
  { loop, doors }: { readonly loop: EventLoop; readonly doors: OpenDoors },
  command: DoorCommand,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    loop.turn((core, now) => {
      const { result, effects } = core.doors.command(command, now, resolve);
      if (!result.ok) reject(doorRefused(result.error, command.account));
      return effects;
    });
  });
  await doors.sockets?.settled();
}

function doorRefused(refusal: DoorRefusal | 'off', account: string): RingthroughError {
  switch (refusal) {
    case 'off':
      return conflict('this node has no doors; set shield.doors to a range of ports');
    case 'none':
      return conflict(`account "${account}" has no such door; see \`ringthrough door list\``);
    case 'has-one':
      return conflict(`account "${account}" has a door already; \`door move\` gives it another`);
    case 'in-grace':
      return conflict(
        `the door that account "${account}" had before is still in its grace time; \`door close --old\` ends it`,
      );
    case 'full':
      return new RingthroughError('LIMIT_REACHED', 'as many doors are open as may be, or no port is left');
    default:
      return assertNever(refusal);
  }
}

function conflict(message: string): RingthroughError {
  return new RingthroughError('CONFLICT', message);
}
