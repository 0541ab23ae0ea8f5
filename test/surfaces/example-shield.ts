// How the shield may see things: a calm night, and an attack in its fifth minute.

import type { BrownoutView, ShieldView } from '../../src/node/views.ts';
import { eachLane } from '../../src/shield/detection/second.ts';

export const AT = Date.UTC(2026, 10, 24, 9, 30);

const QUIET_LADDER: BrownoutView = {
  rungs: [
    { rung: 'options', shed: 0 },
    { rung: 'presence', shed: 0 },
  ],
  storm: { governing: false, perSecond: 2_000, waiting: 0, putOff: 0 },
  inGrace: 0,
};

const COUNTS = eachLane(() => ({
  admitted: 9_000,
  admittedBytes: 4_500_000,
  dropped: 12,
  droppedBytes: 6_000,
}));

export const CALM: ShieldView = {
  posture: 'calm',
  since: AT - 11_160_000,
  why: 'nothing is unusual',
  sure: { likelihood: 0, words: 'unlikely' },
  knowsNormal: true,
  lanes: [
    { lane: 'emergency', admittedPerSecond: 0, droppedPerSecond: 0, bytesPerSecond: 0 },
    {
      lane: 'carrier',
      admittedPerSecond: 31.4,
      droppedPerSecond: 0,
      bytesPerSecond: 19_000,
      normalPerSecond: 28,
    },
    {
      lane: 'known',
      admittedPerSecond: 182,
      droppedPerSecond: 0,
      bytesPerSecond: 91_000,
      normalPerSecond: 175,
    },
    { lane: 'refused', admittedPerSecond: 0, droppedPerSecond: 0, bytesPerSecond: 0 },
    {
      lane: 'newcomer',
      admittedPerSecond: 6.2,
      droppedPerSecond: 0,
      bytesPerSecond: 3_100,
      normalPerSecond: 7,
    },
  ],
  newcomers: {
    sourcesPerSecond: 3,
    evenNetworks: 4,
    networks: [{ network: '203.0.113.0/24', perSecond: 1.2, share: 0.2 }],
    kinds: [{ kind: 'REGISTER', perSecond: 5.4, normalPerSecond: 6 }],
    userAgents: [{ text: 'Desk Phone 2', share: 0.7 }],
    malformations: [],
    challengedPerSecond: 2.7,
    provedShare: 0.92,
  },
  lateMs: 1,
  waitMs: 2,
  attacks: [],
  counts: { node: COUNTS },
  brownout: QUIET_LADDER,
};

const NETWORKS = [
  { network: '198.51.100.0/24', perSecond: 140, share: 0.14 },
  { network: '203.0.113.0/24', perSecond: 32, share: 0.032 },
  { network: '2001:db8:0:ab00::/56', perSecond: 10, share: 0.01 },
];

export const ATTACKED: ShieldView = {
  ...CALM,
  posture: 'attack',
  since: AT - 252_000,
  why:
    'strangers who prove nothing send 41,200 packets a second, normally 1.2; ' +
    '0 % of challenges are answered rightly',
  sure: { likelihood: 1, words: 'certain' },
  lanes: CALM.lanes.map((each) =>
    each.lane === 'newcomer'
      ? { ...each, admittedPerSecond: 1_000, droppedPerSecond: 40_200, bytesPerSecond: 18_500_000 }
      : each,
  ),
  newcomers: {
    sourcesPerSecond: 9_800,
    evenNetworks: 3_912,
    networks: NETWORKS,
    kinds: [
      { kind: 'REGISTER', perSecond: 547, normalPerSecond: 6 },
      { kind: 'INVITE', perSecond: 366, normalPerSecond: 0.4 },
      { kind: 'garbage', perSecond: 87, normalPerSecond: 0 },
    ],
    userAgents: [
      { text: 'friendly-scanner', share: 0.82 },
      { text: '', share: 0.18 },
    ],
    malformations: [{ text: 'not-sip', share: 1 }],
    challengedPerSecond: 634,
    provedShare: 0.004,
  },
  lateMs: 3,
  waitMs: 4,
  attack: {
    began: AT - 254_000,
    packets: 10_400_000,
    bytes: 4_600_000_000,
    dropped: 9_600_000,
    peakPerSecond: 44_100,
    peakAt: AT - 200_000,
    sources: 10_130,
    evenNetworks: 3_950,
    networks: NETWORKS.map(({ network, share }) => ({ network, share })),
    kinds: [{ kind: 'REGISTER', share: 0.55 }],
    userAgents: [{ text: 'friendly-scanner', share: 0.8 }],
    malformations: [{ text: 'not-sip', share: 1 }],
    challenged: 160_000,
    answered: 31,
    sure: { likelihood: 1, words: 'certain' },
    forged: { likelihood: 0.32, words: 'nobody can tell whether they are forged' },
  },
  kernel: {
    place: 'netdev ringthrough_london_1, on eth0',
    tables: [
      { name: 'known4', used: 1_204, size: 200_000 },
      { name: 'familiar4', used: 850, size: 100_000 },
    ],
  },
  counts: { node: COUNTS, kernel: COUNTS },
};
