// Names resolved as the operating system does it: /etc/hosts and the configured servers.

import { lookup } from 'node:dns/promises';
import type { Resolver } from '../../ports/dns.ts';

export const systemResolver: Resolver = {
  addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};
