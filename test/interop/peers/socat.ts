// socat, which puts OpenSSL's TLS before a program that speaks plain TCP, such as Debian's sipp. Two ways:
//
//   towards(node)     sipp ─TCP─▶ socat ─TLS─▶ node      with a certificate of its own, and verifying the node's
//   before(carrier)   node ─TLS─▶ socat ─TCP─▶ sipp      which may ask the node for its certificate

import { connect } from 'node:net';
import { type Issued, writeIssued } from '../certificates.ts';
import { freePorts, HOST, type Rig, until } from '../rig.ts';

export interface Tunnel {
  readonly port: number;
  readonly host: string;
}

/** Listens in clear and speaks TLS to `node`. */
export async function tlsTowards(
  rig: Rig,
  node: { readonly port: number; readonly domain: string },
  own: Issued,
  authorities: string,
): Promise<Tunnel> {
  const { certificate, key } = writeIssued(rig.folder, own);
  const target = `OPENSSL:${HOST}:${node.port},cafile=${authorities},commonname=${node.domain},cert=${certificate},key=${key}`;
  return start(rig, 'socat to the node', HOST, (port) => [`TCP-LISTEN:${port},bind=${HOST},fork`, target]);
}

/** Listens with TLS at `host`, takes only who has a certificate of `authorities`, and passes on in clear. */
export async function tlsBefore(
  rig: Rig,
  host: string,
  carrier: Tunnel,
  own: Issued,
  authorities: string,
): Promise<Tunnel> {
  const { certificate, key } = writeIssued(rig.folder, own);
  return start(rig, 'socat before the carrier', host, (port) => [
    `OPENSSL-LISTEN:${port},bind=${host},fork,reuseaddr,cert=${certificate},key=${key},cafile=${authorities},verify=1`,
    `TCP:${carrier.host}:${carrier.port}`,
  ]);
}

async function start(
  rig: Rig,
  name: string,
  host: string,
  parameters: (port: number) => readonly string[],
): Promise<Tunnel> {
  const port = await freePorts(1, host);
  rig.run(name, 'socat', ['-d', '-d', ...parameters(port)]);
  await until(`${name} listens on ${port}`, 10_000, () => answers(host, port));
  return { host, port };
}

function answers(host: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });
}
