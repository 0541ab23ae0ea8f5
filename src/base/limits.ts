// Every bound of the system, by name (law 4). Each says what happens at the limit.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

export const LIMITS = {
  /** A SIP message's size. Larger ones: UDP is dropped and counted; a stream is answered 513 and closed. */
  messageBytesMax: 65_535,
  /** Header fields in one message. More: 400. */
  headerFieldsMax: 256,
  /** Bytes of all header fields of a message. More: 400 (stream: 513 and closed). */
  headerBytesMax: 32_768,
  /** URI, tag, Call-ID, branch and other tokens. Longer: 400, URIs 414. */
  tokenBytesMax: 1_024,
  /** Via header fields, and Route or Record-Route values, in one message. More: 400. */
  viasMax: 70,

  /** Server and client transactions at once. More: new requests are answered 503 statelessly. */
  transactionsMax: 100_000,
  /** 2xx responses with different To tags to one forked INVITE. More: ignored. */
  forkedAnswersMax: 16,
  /**
   * Open stream connections of one listener. More: the one that has proved nothing for the longest gives way, which
   * is one without a registered phone, a carrier or a call; where all are known, the newest is closed at once.
   */
  connectionsMax: 10_000,
  /** Connections asked for that when a newcomer comes. All of them known: it is closed, and the next one asks on. */
  connectionsAskedMax: 64,
  /** Connections from one address. More: the newest is closed at once and counted. */
  connectionsPerAddressMax: 500,
  /** An accepted connection that proves nothing, whatever it sends. Longer: closed. */
  strangerConnectionMs: 2 * MINUTE_MS,
  /** An accepted connection that has delivered no message yet. Longer: closed. */
  firstMessageMs: 30 * SECOND_MS,
  /** A connection without traffic. Longer: closed. */
  connectionIdleMs: 15 * MINUTE_MS,
  /** What phones on a connection are asked to send keepalives within (Flow-Timer, RFC 5626 §4.4.1). */
  flowTimerMs: 2 * MINUTE_MS,
  /** Time for a connection to deliver a whole message once it began one. Longer: closed. */
  messageArrivalMs: 10 * SECOND_MS,
  /** Time for the TLS handshake of an accepted connection. Longer: closed, and counted. */
  handshakeMs: 10 * SECOND_MS,
  /** Time for an outgoing connection to be established, its TLS handshake included. Longer: failed. */
  connectMs: 2 * SECOND_MS,
  /** Unsent bytes queued on one connection. More: the connection is closed and its packets fail. */
  connectionQueueBytesMax: 1_048_576,
  /** Bytes of the HTTP request that becomes a WebSocket. More: 431, and closed. */
  webUpgradeBytesMax: 8_192,
  /** Time for that request, and for a TLS handshake before it, to arrive whole. Longer: closed. */
  webUpgradeMs: 10 * SECOND_MS,
  /** Fragments of one WebSocket message, and reads that one frame arrives in. More: closed with 1008. */
  webSocketPartsMax: 1_024,
  /** Bytes of datagrams that may wait in the kernel (it may grant less). More: the kernel drops the newest. */
  udpReceiveBufferBytes: 4_194_304,

  /**
   * Time for a resolver to answer one question, whatever its own timeout (`dns.timeout`) says. Longer: it counts as
   * failed, and what was known before goes on to hold.
   */
  dnsAnswerMs: 5 * SECOND_MS,
  /** Questions to DNS that are under way. More: they are asked when others are answered. */
  dnsQuestionsMax: 512,
  /** Of these, for whatever is not a trunk: names in messages, which a forger may have made up. */
  dnsQuestionsOfOthersMax: 256,
  /** Names out of messages that are being looked up. More: they are not, and who sends there goes without. */
  lookupsMax: 1_000,
  /** Answers of DNS that are remembered. More: those that were longest without use are forgotten. */
  dnsAnswersMax: 10_000,
  /** How long an answer holds, whatever its TTL says. Outside: the bound. */
  dnsTtlMinMs: 5 * SECOND_MS,
  dnsTtlMaxMs: DAY_MS,
  /** How long "there is no such record" holds, whatever its SOA says. Outside: the bound. */
  dnsNegativeMaxMs: 5 * MINUTE_MS,
  /** How long an answer is used beyond its TTL when DNS fails (RFC 8767). Longer: it is forgotten. */
  dnsStaleMs: 3 * DAY_MS,
  /** After DNS failed to answer, until it is asked the same again. */
  dnsRetryMs: 30 * SECOND_MS,
  /** Bytes of the hosts file. More: it is not read. */
  hostsFileBytesMax: 1_048_576,
  /** Rows of one answer that are looked at. More: passed over. */
  dnsRowsMax: 256,
  /** Aliases (CNAME) that are followed from one name. More: the name has no records. */
  dnsAliasesMax: 8,
  /**
   * Services that a name offers by NAPTR, and servers of one name with all their addresses. More: those that would be
   * tried last are passed over.
   */
  naptrServicesMax: 5,
  serversMax: 32,
  /**
   * How long a carrier's 2xx waits until the name in its Contact or Record-Route is found. Longer: its ACK goes back
   * to where it came from. T1, for then it would come again anyway (RFC 3261 §13.3.1.4).
   */
  nextHopWaitMs: 0.5 * SECOND_MS,
  /** Messages that wait so. More: they do not wait. */
  heldMessagesMax: 1_000,
  /**
   * How long a server of a next hop may give no sign of life to a request within a call. Longer: the request goes to
   * the next of its servers too (RFC 3263 §4.3), for Timer F's 32 s are longer than anybody waits.
   */
  nextServerMs: 4 * SECOND_MS,
  /** How long such a request is remembered after its answer, for answers of its other servers. 64*T1: none comes. */
  answeredAttemptMs: 32 * SECOND_MS,
  /** How long a server that could not be reached comes last: at first, and doubled each time to the second. */
  deadServerMinMs: 30 * SECOND_MS,
  deadServerMaxMs: 10 * MINUTE_MS,
  /** Such servers that are remembered. More: the oldest is forgotten. */
  deadServersMax: 1_000,
  /**
   * Bytes of an answer to a sender that has proved nothing, for each byte of its request, over UDP. More: no answer,
   * so that nobody can aim us at others with profit.
   */
  strangerAmplificationMax: 3,
  /** Bytes of such an answer. More: none, because it might be cut into pieces on its way. */
  strangerAnswerBytesMax: 1_400,
  /** Extensions that a 420 names. More: these alone. */
  unsupportedToldMax: 16,
  /** Such answers to one network (/24, /56): a second, and at once. More: no answer until there is room again. */
  strangerAnswersPerSecond: 1_000,
  strangerAnswersBurst: 3_000,
  /** The same for one flow of a registered phone or a carrier; a proxy may bring all phones over one. */
  knownAnswersPerSecond: 10_000,
  knownAnswersBurst: 20_000,
  /** Unreadable requests of one network that are answered: a second, and at once; and of all. More: counted only. */
  malformedAnswersPerSecond: 5,
  malformedAnswersBurst: 20,
  malformedAnswersOfAllPerSecond: 200,
  /** Places in each table of such networks. It never grows: networks that fall on one place share its answers. */
  strangerSlots: 65_536,

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
  /** Calls an hour of an account to where it does not usually call, and at hours when it never calls. More: refused. */
  fraudCallsPerHour: 3,
  fraudCallsInQuietHour: 1,
  /** Those that are counted where they are only watched, and the latest numbers that are told of them. */
  fraudCallsCountedMax: 100,
  fraudDestinationsTold: 5,
  /** Days with answered calls after which a risky destination is usual; and without calls, after which it is not. */
  fraudRiskyHabitDays: 5,
  fraudHabitMs: 90 * DAY_MS,
  /** Calls from which on it is known at what hours an account calls, and from which on old ones count half. */
  fraudHabitCallsMin: 50,
  fraudHabitCallsMax: 2_000,
  /** An hour is quiet when it and those beside it have less than this part of all calls: 1/100. */
  fraudQuietHourPart: 100,
  /** Accounts whose habits are known, and destinations of each. More: the longest unused is forgotten. */
  fraudAccountsMax: 20_000,
  fraudClassesMax: 64,
  /** The newest entries of the ledger, from which habits are learned when the node starts. */
  fraudLedgerEntriesMax: 10_000,
  /** Bytes at the beginning of a stranger's message in which the name of a scanning tool is looked for. */
  toolNameWithinBytes: 2_048,
  /** Packets a second of the flow of an emergency call. More: those are judged by the flow's other lane. */
  emergencyFlowPerSecond: 1_000,
  /** How long an emergency call's flow keeps its lane after the call was last seen. */
  emergencyFlowMs: 90 * SECOND_MS,
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
  kernelNewcomersAtOnce: 300,
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
  kernelMediaUntoldPerSecond: 100,
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

  /** Unknown attributes that the answer to a STUN request names. More: these alone. */
  stunUnknownToldMax: 8,

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

  /** Bindings on the node. More: REGISTER of a new one is answered 503. */
  bindingsMax: 200_000,
  /** Contacts in one REGISTER. More: 400. */
  registerContactsMax: 32,
  /** Flows of one device of a phone, by reg-id. More: its longest unreachable ones give way; none is: 403. */
  flowsPerDeviceMax: 4,
  /** Path values of one REGISTER: the proxies between a phone and us. More: 400. */
  pathValuesMax: 8,
  bindingExpiresMinMs: 60 * SECOND_MS,
  bindingExpiresDefaultMs: 5 * MINUTE_MS,
  bindingExpiresMaxMs: 60 * MINUTE_MS,

  /** Characters of a phone's User-Agent that are kept. More: cut off. */
  userAgentCharactersMax: 200,

  /** Parameters of one challenge or credentials. More: it is malformed, and counts as none. */
  digestParametersMax: 32,
  /** Realms that a carrier's challenges are remembered for. More: the longest known one costs one more round trip. */
  digestRealmsMax: 8,
  /** Challenges in a row that call a nonce of the challenge before stale. More: given up. */
  digestStaleInARowMax: 2,
  /** Lifetime of a digest nonce. Older: 401 with stale=true. */
  nonceLifetimeMs: 5 * MINUTE_MS,
  /** Nonces whose counts are remembered. More: the oldest is forgotten and its next use is stale. */
  noncesMax: 100_000,
  /** Places in the table of who was asked for a password. It never grows: a newcomer takes somebody's place. */
  askedSlots: 16_384,

  /**
   * Wrong digests that cost nothing: of a user from one flow, of a user from one address, from one address, of a user
   * from anywhere that it was never let in from. More: the next one is not looked at for `guessDelayMs`, which
   * doubles each time up to `guessDelayMaxMs`, and is answered 503 with Retry-After meanwhile.
   */
  guessesFreeOfFlow: 5,
  guessesFreeOfPlace: 20,
  guessesFreeOfSource: 200,
  guessesFreeOfUser: 100,
  guessDelayMs: SECOND_MS,
  guessDelayMaxMs: MINUTE_MS,
  /** Without another wrong digest for this long, the earlier ones are forgotten. */
  guessMemoryMs: 60 * MINUTE_MS,
  /** Guessers that are remembered, of each kind. More: the longest quiet one is forgotten. */
  guessersMax: 20_000,
  /** Users and addresses that they were let in from. More: the oldest is forgotten. */
  knownPlacesMax: 200_000,
  /** How long such an address is kept after the last time. */
  knownPlaceMs: 30 * DAY_MS,

  /** Calls at once on the node. More: 503 with Retry-After, emergency calls excepted. */
  callsMax: 10_000,
  /** Legs of one call, over its whole life. More: the plan goes to its announcement. */
  legsPerCallMax: 32,
  /** Transactions of one call that are followed. More: the oldest is forgotten, and its peer sees a timeout. */
  transactionsPerCallMax: 128,
  /**
   * Calls for one number that are diverted to one other at once, from one caller, before anybody answers; the same of
   * callers without a name. More: that is how a loop through a carrier looks, and the next one is not sent on.
   */
  sameDivertsMax: 2,
  sameDivertsOfAnonymousMax: 8,
  /** Times that a call was diverted before it came here. More: it is refused as a loop. */
  diversionsMax: 5,
  /** Calls of one account, beyond its cap, that hear why they go nowhere. More: the bare status. */
  announcementsMax: 20,
  /** Test calls at once. More: refused, with LIMIT_REACHED. */
  testCallsMax: 8,
  /** Ledger rows in a second for calls that are refused before they begin. More: counted, not written. */
  refusalRowsPerSecondMax: 50,
  /** Timeline entries of one call. More: the last one says so. */
  timelineEntriesMax: 200,
  /** A call's length. Longer: ended with BYE. */
  callLengthMaxMs: DAY_MS,
  /** Time that a caller may be kept ringing. Longer: the plan goes to its announcement. */
  ringingMaxMs: 5 * MINUTE_MS,

  /** Steps of one plan, phones of one step. More: refused when provisioned. */
  planStepsMax: 20,
  stepPhonesMax: 20,
  accountsMax: 100_000,
  /** Bytes of one provisioning or configuration file. More: refused. */
  fileBytesMax: 16_777_216,
  /** Bytes of such a file in YAML, which the node reads slowly, and meanwhile answers nobody. More: it must be JSON. */
  yamlBytesMax: 1_048_576,
  /** Bytes of one file with certificates or a key. More: refused. */
  certificateFileBytesMax: 1_048_576,
  /** Mistakes of one file or request that are told. More: they are counted, not listed. */
  mistakesMax: 100,
  /** Bytes of one API request body. More: 413. */
  requestBodyBytesMax: 16_777_216,
  /** Connections to the API at once. More: closed at once. */
  apiConnectionsMax: 500,
  /** Time for an API request to arrive whole. Longer: 408. */
  apiRequestMs: 30 * SECOND_MS,
  ledgerPageMax: 1_000,
  /** Bytes of log lines waiting for whoever reads stderr. More: lines are dropped. */
  logQueueBytesMax: 1_048_576,
  /** Writes waiting for the store. More: ledger writes of new calls are dropped and counted. */
  storeQueueMax: 100_000,
  /** The database's size on disk, its log excepted. More: writes fail with STORE_FULL; what is there stays readable. */
  databaseBytesMax: 68_719_476_736,

  /** Memory for the latest messages of calls, and for all others. More: the oldest are forgotten. */
  traceCallBytesMax: 67_108_864,
  traceOtherBytesMax: 8_388_608,
  /** Messages of one call that are kept. More: the newest are not. */
  traceMessagesPerCallMax: 1_000,
  /** Kept messages in one answer or capture file. More: the newest are. */
  traceKeptMessagesMax: 10_000,
  /** People who watch messages at once. More: refused, with LIMIT_REACHED. */
  traceWatchersMax: 16,
  /** Messages waiting for one who watches and reads slowly. More: they are left out, and told as a number. */
  traceWaitingMax: 2_000,
  /** Messages a second that are shown to one who asked for all. More: as above. */
  traceMessagesPerSecondMax: 200,
  /** Messages on their way to the HEP collector. More: dropped and counted. */
  hepQueueMax: 1_000,

  /** Lines, m= sections, and formats of one section, in a session description. More: it is malformed (488). */
  sdpLinesMax: 1_000,
  sdpMediaSectionsMax: 32,
  sdpFormatsMax: 128,

  /** Port pairs tried for one media endpoint when other programs hold ports of the range. More: it fails to open. */
  mediaBindAttemptsMax: 32,
  /** A released port pair rests this long, so that the last call's packets don't reach the next one. */
  mediaPortRestMs: 5 * SECOND_MS,
  /** RTP (and RTCP) packets a second that one endpoint takes from its peer. More: dropped, and logged once. */
  mediaPacketsPerSecondMax: 500,
  /** 20 ms steps of a playback that are made good at once after a stall. More: it goes on later instead. */
  mediaCatchUpStepsMax: 5,
  /** One prompt's WAV file, about two minutes. More: refused when it is loaded. */
  promptBytesMax: 2_000_000,
} as const;
