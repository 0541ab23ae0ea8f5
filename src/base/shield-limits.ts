// The bounds of the shield: lanes, shares, detection, the brown-out ladder, doors, abuse, the kernel. Everybody reads
// them as LIMITS (limits.ts). Each says what happens at the limit.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

export const SHIELD_LIMITS = {
  /** Flows that the shield knows, emergency calls' among them. More: the one longest unheard is a newcomer again. */
  knownFlowsMax: 250_000,
  /** How long a flow is known after it proved itself, where no registration says longer. */
  provenFlowMs: 10 * MINUTE_MS,
  /** How long after the end of its registration: it will come again. */
  lapsedFlowMs: MINUTE_MS,
  /** Packets a second that a known flow may always send, and at once; and the most that its own use may earn it. */
  knownFlowPerSecondMin: 20,
  knownFlowPerSecondMax: 10_000,
  /** Seconds' worth of a flow's rate that it may send at once. */
  flowBurstSeconds: 10,
  /** How many times its usual rate a flow may send. */
  flowHeadroom: 4,
  /** How long a flow that went beyond its budget shares with all others that did. */
  exceedingFlowMs: 10 * SECOND_MS,
  /** What all that comes from one carrier's addresses may send a second, its proven flows excepted. More: dropped. */
  carrierPerSecond: 2_000,
  /** Calls a second of one network of a carrier that are answered 503 because there is no room. More: dropped. */
  turnedAwayPerSecond: 50,
  /** What their Retry-After says at most, in seconds. */
  turnedAwaySecondsMax: 4,
  /**
   * Flows with a socket of their own, where no kernel drops a flood ahead of the node. More: the others share one. Each
   * makes it some 20 ns dearer for the system to sort a datagram of anybody else.
   */
  apartFlowsMax: 256,
  /** Sources where phones have proved themselves before. More: the oldest is forgotten, and is like any other. */
  familiarSourcesMax: 65_536,
  /** How long such a source is familiar after the last time. */
  familiarSourceMs: 7 * DAY_MS,
  /** Sources refused at once. More: no further one is, until one's time is up. */
  refusedSourcesMax: 16_384,
  /** The longest time that a source is refused for before it must prove again what it is. */
  refusedSourceMaxMs: 60 * MINUTE_MS,
  /** Of a source, proven: digests wrong or too early, less so many a minute; users; tools' messages. More: refused. */
  abuseGuessesMax: 1_000,
  abuseGuessesForgottenPerMinute: 30,
  abuseUsersMax: 30,
  abuseToolMessagesMax: 10,
  /** Without any more of it for this long, it is forgotten. */
  abuseMemoryMs: 60 * MINUTE_MS,
  /** Sources that something is held against. More: the longest quiet one is forgotten. */
  abuseSuspectsMax: 8_192,
  /** For how long a source is refused the first time, the second, … */
  abuseRefusalsMs: [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS],
  /** Sources found to be abusers. More: the one found first is forgotten; each is a day after its time is up. */
  abusersMax: 4_096,
  abuserMemoryMs: DAY_MS,
  /** Sources that somebody was let in from, as far as abuse is concerned. More: the oldest is forgotten. */
  shelteredSourcesMax: 200_000,
  /**
   * Calls an hour of an account to where it does not usually call; those of them to risky destinations; and the same at
   * hours when it never calls. More: refused.
   */
  fraudCallsPerHour: 20,
  fraudRiskyCallsPerHour: 3,
  fraudCallsInQuietHour: 5,
  fraudRiskyCallsInQuietHour: 1,
  /** How many of them may be in progress at once. More: refused. */
  fraudCallsAtOnce: 5,
  fraudRiskyCallsAtOnce: 2,
  /** How long such a call to a risky destination may be. Longer: it is ended. */
  fraudRiskyCallMs: 20 * MINUTE_MS,
  /** Those that are counted where they are only watched; and the latest callers and numbers that are told of them. */
  fraudCallsCountedMax: 100,
  fraudToldMax: 5,
  /** How long they are told of after the latest one. */
  fraudMemoryMs: DAY_MS,
  /** Destinations that operators allow for a time; more: refused. The time itself, and the longest. */
  fraudAllowancesMax: 1_000,
  fraudAllowanceMs: DAY_MS,
  fraudAllowanceMaxMs: 7 * DAY_MS,
  /** Days with answered calls after which a risky destination is usual; and without calls, after which it is not. */
  fraudRiskyHabitDays: 5,
  fraudHabitMs: 90 * DAY_MS,
  /** Days with calls from which on an account's hours are known; and from which on old days count half. */
  fraudHabitDaysMin: 5,
  fraudHabitDaysMax: 90,
  /** An hour of the day is quiet when on less than this part of those days there was a call at it: 1/10. */
  fraudQuietHourPart: 10,
  /** Accounts whose habits are known, and destinations of each. More: the longest unused is forgotten. */
  fraudAccountsMax: 20_000,
  fraudClassesMax: 64,
  /** Bytes at the beginning of a stranger's message in which the name of a scanning tool is looked for. */
  toolNameWithinBytes: 2_048,
  /** Packets a second of the flow of an emergency call. More: those are judged by the flow's other lane. */
  emergencyFlowPerSecond: 1_000,
  /** How long an emergency call's flow keeps its lane after the call was last seen. */
  emergencyFlowMs: 90 * SECOND_MS,
  /**
   * INVITEs to emergency numbers of one known flow that are read before all others: at once, and a second; and places
   * in the table of who sent such. More: they wait as other calls do, for a flow may be forged.
   */
  emergencyInvitesAtOnce: 8,
  emergencyInvitesPerSecond: 1,
  emergencyInviteSlots: 4_096,
  /** Newcomers' packets a second that a node bears: against this a flood is measured. More is no limit by itself. */
  newcomersBearable: 2_000,
  /**
   * Strangers' packets a second at the node itself. More: much of what the known send is lost on its way in as well, so
   * that silence of phones proves nothing for so long.
   */
  deafeningPerSecond: 10_000,
  /** The same of what a kernel drops of known flows and carriers. */
  deafeningDroppedPerSecond: 100,
  deafenedMs: 5 * SECOND_MS,
  /** Places in each row of the tables of newcomers' shares, and rows. They never grow (base/token-buckets.ts). */
  shareSlots: 131_072,
  shareRows: 3,
  /** Packets waiting to be read, of each lane. More: known ones are not taken; of newcomers the oldest give way. */
  waitingEmergencyMax: 4_096,
  waitingKnownMax: 8_192,
  waitingPatientMax: 8_192,
  waitingNewcomersMax: 2_048,
  /** How long packets are read in one go before sockets and timers have their turn again. */
  readingTurnMs: 5,
  /** The same where only newcomers' packets wait. */
  readingNewcomersTurnMs: 1,
  /** Of the time that it takes to empty the sockets, what newcomers' packets have while those do not get empty. */
  readingNewcomersPart: 0.3,

  /** Made-up packets that a node has read aside when it has been up for a while, so many every few milliseconds. */
  warmUpMessages: 3_000,
  warmUpMessagesAtOnce: 6,
  warmUpEveryMs: 20,
  warmUpAfterMs: 20_000,

  /** How often the node looks how hard it works. */
  loadIntervalMs: 250,
  /** How long known packets wait, or timers are late, in an overloaded node; and at most in one that has time again. */
  pressureMs: 100,
  /** The same of known packets that can wait, such as REGISTER: near T1, when they come again. */
  patientPressureMs: 400,
  easeMs: 25,
  /** How long an overload lasts before a rung of the brown-out ladder is engaged, and then each further one. */
  rungEngageAfterMs: SECOND_MS,
  /** How long it is quiet before a rung is released: at first, and doubled each time that it had to come back soon. */
  rungReleaseAfterMs: 5 * SECOND_MS,
  /** The longest that a rung is engaged without an overload that lasts. Longer: released, to prove itself again. */
  rungOptionsMs: 10 * MINUTE_MS,
  rungPresenceMs: 10 * MINUTE_MS,
  rungRegistrationsMs: 5 * MINUTE_MS,
  rungNewcomerInvitesMs: 2 * MINUTE_MS,
  rungOutboundInvitesMs: MINUTE_MS,
  rungInboundInvitesMs: 30 * SECOND_MS,
  /** The longest Retry-After of what is shed: of presence, and of calls. The shortest is a third. */
  shedRetryMaxMs: 90 * SECOND_MS,
  shedCallRetryMaxMs: 6 * SECOND_MS,
  /** Answers a second to what is shed. More: none, and it is sent again. */
  shedAnswersPerSecond: 2_000,
  /**
   * Registrations a second that the node makes or refreshes when it has time, and at least, which is enough for each
   * of its phones in two minutes where those are more. More: 503, with the second in which there will be room.
   */
  registersPerSecondMax: 2_000,
  registersPerSecondMin: 100,
  registersEachWithinMs: 2 * MINUTE_MS,
  /** The longest that a phone is told to wait so. More phones than have places until then: the last ones share. */
  registerWaitMaxMs: 3 * MINUTE_MS,
  /** Of what a phone asked for, the least that it gets in such a storm: that not all of them come again at once. */
  stormExpiryShareMin: 0.85,
  /** Flows whose refreshes are let in though refreshes are shed. More: the oldest must find room again. */
  refreshingMax: 16_384,
  /** Phones that are told to come back, and remembered. More: the one told longest ago is as if it came anew. */
  promisedMax: 200_000,

  /** Good requests that are remembered, 23 bytes each and their texts. More: the oldest is forgotten. */
  goodRequestsMax: 200_000,
  /** Characters of a user or a client there. More: cut off. */
  goodWordCharactersMax: 64,
  /** How far back a rehearsal looks. */
  rehearsalMs: 60 * MINUTE_MS,
  /** Phones that a rehearsal names as those that it would hurt most. More: those it would hurt less are left out. */
  rehearsalWorstMax: 20,
  /** Rows of one table of a rehearsal. More: counted, and told with --json. */
  rehearsalRowsMax: 20,

  /** Doors of a node, those in grace among them. More: the next one is not opened, and none is moved. */
  doorsMax: 10_000,
  /** Ports that doors are drawn from, at least. Fewer: the configuration is refused. */
  doorPortsMin: 100,
  /** Sockets for doors, where the kernel does not lead to them: one for each door and address. More: as above. */
  doorSocketsMax: 500,
  /** What newcomers may send through one door, in any posture. Its phones may all come at once. More: dropped. */
  doorNewcomersPerSecond: 50,
  doorNewcomersBurst: 1_000,
  /** How long the old door stays open after a move, unless told otherwise, and at most. Longer: while it is used. */
  doorGraceMs: 2 * HOUR_MS,
  doorGraceMaxMs: 30 * DAY_MS,
  /** How long nobody gets the port of a door that was closed. Where no other is left: the one closed longest ago. */
  doorPortRestMs: 30 * DAY_MS,
  /** Peers whose door is known where a kernel leads to it. More: the one heard longest ago is told the port inside. */
  doorPeersMax: 131_072,
  /** How often it is looked whether phones still use a door whose grace is over. */
  doorLookMs: MINUTE_MS,
  /** Strangers' packets at a door in ten seconds, of which fewer are usual whatever the door has seen so far. */
  doorLeakMin: 100,
  /** How many times what a door ever had, and in how many such times on end, is called a leak. */
  doorLeakFactor: 4,
  doorLeakWindows: 3,
  /** The shortest time from one move of an account's door by itself to the next. A leak before: told only. */
  doorMoveEveryMs: 6 * HOUR_MS,
  /** Doors that move by themselves within such a time. More leak: told only. */
  doorMovesMax: 10,
  doorMovesWithinMs: HOUR_MS,
  /** A door that was opened so lately gets another port where its own cannot be opened. Later: it is tried again. */
  doorNewMs: 10 * SECOND_MS,
  doorRetryMs: 10 * SECOND_MS,

  /** Emergency calls' flows in the kernel, of each family. More: the oldest gives way, and is a known flow still. */
  kernelEmergencyFlowsMax: 16_384,
  /**
   * Sources and networks that the kernel counts newcomers of, of each family. More: those that find no place share
   * `kernelCrowdPart` of the ceiling, so that forged sources shut nobody out who has a place, and none entirely.
   */
  kernelSourcesMax: 131_072,
  kernelNetworksMax: 32_768,
  kernelCrowdPart: 0.25,
  /** How long such a place is kept after its last packet; the shorter time is enough for a share to be whole again. */
  kernelPlaceMinMs: 10 * SECOND_MS,
  kernelPlaceMaxMs: 5 * MINUTE_MS,
  /**
   * Newcomers' packets that the kernel lets in at once, whatever the shares say: they stand in one queue with those of
   * the known, who wait behind them. More: dropped, and sent again.
   */
  kernelNewcomersAtOnce: 100,
  /** Flows beyond their budgets that the kernel remembers, of each family. More: they keep their budgets. */
  kernelExceedingFlowsMax: 65_536,
  /** Second and further fragments over UDP a second, of one source, of all, and of all familiar ones. More: dropped. */
  kernelFragmentsPerSource: 40,
  kernelFragmentsOfAll: 1_000,
  kernelFragmentsOfFamiliar: 4_000,
  /** Packets a second to one open media port that are not its peer's, and at once. More: dropped. */
  kernelMediaStrangersPerSecond: 25,
  kernelMediaStrangersBurst: 100,
  /** Doors in the kernel, on each side. More: the next one is not opened there. */
  kernelDoorsMax: 16_384,
  /** Flows behind doors whose answers the kernel sends from the door, of each family. More: from the port inside. */
  kernelDoorFlowsMax: 65_536,
  /** How long after its last packet. */
  kernelDoorFlowMs: 5 * MINUTE_MS,
  /** How long the kernel goes on judging without a word from its node. Longer: all is let through. */
  kernelSilenceMs: 30 * SECOND_MS,
  /** Packets a second to media ports that are not open, or that the kernel has not been told of yet. More: dropped. */
  kernelMediaUntoldPerSecond: 5_000,
  /** Steps that the kernel is told at once, and what is waited for more of them. More: told next. */
  kernelBatchMax: 250,
  kernelBatchMs: 10,
  /** The same where more than that waits, as after a start: an `nft` of its own takes so many at once. More: next. */
  kernelBulkMax: 2_000,
  /** Time for `nft` to answer. Longer: it is ended, and started again. */
  kernelAnswerMs: 20 * SECOND_MS,
  /** After trouble with `nft`, until everything is told anew: at first, and doubled each time to the second. */
  kernelRetryMinMs: SECOND_MS,
  kernelRetryMaxMs: MINUTE_MS,
  /** Bytes of what `nft` says that are read. More: it is ended. */
  kernelAnswerBytesMax: 16_777_216,

  /**
   * Registration grace: how long a binding is kept beyond its end while its phone may have been told to come later, or
   * could not come. Longer: it is gone.
   */
  registrationGraceMs: 15 * MINUTE_MS,
  /** How long grace goes on after the last reason for it; after a restart, from the start. */
  graceAfterMs: 4 * MINUTE_MS,
  graceAfterRestartMs: 2 * MINUTE_MS,

  /** Networks whose packets are counted while they are strangers. More: the quietest gives its place to the newest. */
  shieldNetworksMax: 512,
  /** Packets of strangers in a second whose network is looked at. More: one in eight is, and counts for eight. */
  shieldLookedAtPerSecond: 4_096,
  /** User agents, and kinds of malformed messages, that are counted. More: as above. */
  shieldWordsMax: 48,
  /** Characters of such a word. More: cut off. */
  shieldWordCharactersMax: 64,
  /** User agents of strangers that are looked at in a second. More: not counted. */
  shieldSampledPerSecond: 50,
  /** Attacks that are remembered after they ended. More: the oldest is forgotten. */
  shieldAttacksMax: 16,
  /** Seconds without any packet that are made good at once when one comes. More: nothing was learned in them. */
  shieldIdleSecondsMax: 900,
} as const;
