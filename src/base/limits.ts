// Every bound of the system, by name (law 4). Each says what happens at the limit. Those of the shield, of
// notices, of watching and of the status page fill files of their own, and are LIMITS like all others.

import { NOTICE_LIMITS } from './notice-limits.ts';
import { PAGE_LIMITS } from './page-limits.ts';
import { SHIELD_LIMITS } from './shield-limits.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from './time.ts';
import { WATCH_LIMITS } from './watch-limits.ts';

export const LIMITS = {
  ...SHIELD_LIMITS,
  ...NOTICE_LIMITS,
  ...WATCH_LIMITS,
  ...PAGE_LIMITS,

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

  /** Unknown attributes that the answer to a STUN request names. More: these alone. */
  stunUnknownToldMax: 8,

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

  /** Subscriptions on the node. More: SUBSCRIBE of a new one is answered 503. */
  subscriptionsMax: 200_000,
  /** Subscriptions of one phone, all its devices together. More: the longest untouched one ends. */
  subscriptionsPerPhoneMax: 16,
  subscriptionExpiresMinMs: 60 * SECOND_MS,
  subscriptionExpiresDefaultMs: 60 * MINUTE_MS,
  subscriptionExpiresMaxMs: 60 * MINUTE_MS,
  /** From one NOTIFY of a subscription to the next that tells of a change. Sooner: it waits for the others. */
  notifyIntervalMs: SECOND_MS,
  /** How long a phone may put a NOTIFY off with Retry-After. Longer: it is asked again then. */
  notifyRetryMaxMs: 10 * MINUTE_MS,
  /** NOTIFYs a second to phones that never subscribed. More: they wait, one for each telephone at most. */
  unsolicitedPerSecond: 200,
  /** What a phone that has registered is given to subscribe by itself. Longer: it is told without having asked. */
  unsolicitedAfterMs: 3 * SECOND_MS,
  /** How long such NOTIFYs rest while the node sheds what can wait. */
  unsolicitedRestMs: 5 * SECOND_MS,

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
  /**
   * How long a call may wait for its turn at a carrier that takes so many in a second. Longer: the next trunk has it,
   * else its plan goes on at once. Emergency calls do not wait.
   */
  trunkTurnMaxMs: 3 * SECOND_MS,
  /** Transactions of one call that are followed. More: the oldest is forgotten, and its peer sees a timeout. */
  transactionsPerCallMax: 128,
  /**
   * Calls for one number that are diverted to one other at once, from one caller, before anybody answers; the same of
   * callers without a name. More: that is how a loop through a carrier looks, and the next one is not sent on.
   */
  sameDivertsMax: 2,
  sameDivertsOfAnonymousMax: 8,
  /**
   * How often it is written down what diverted calls in progress have used of their month: a crash makes no more than
   * that uncertain. From this share of an account's diverted minutes on, its contacts are warned.
   */
  divertedCheckMs: MINUTE_MS,
  divertedMinutesWarnShare: 0.8,
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
  /** Menus that one call may go through. More: the plan goes on as if there were none. */
  menusPerCallMax: 20,
  /** A dialogue with the node itself. Longer: it is ended as if the caller had hung up. */
  dialogueLengthMaxMs: 20 * MINUTE_MS,
  /** Keys that are typed ahead in a dialogue and not yet used. More are dropped. */
  keysTypedAheadMax: 40,
  /** Calls to control numbers at once. More: busy. Calls of phones have the limits of their account. */
  controlCallsMax: 100,
  /** Calls that the node makes on somebody's behalf at once. More: what was asked for is refused. */
  errandsMax: 50,
  /** Plans that are rehearsed at once. More: refused, with LIMIT_REACHED. */
  rehearsalsMax: 8,
  /** What is told of one rehearsal. More: the plan is not walked any further, and has not passed. */
  rehearsedStepsMax: 100,
  /** Lines of a rehearsal that wait for a slow reader. More: they are left out, the last one excepted. */
  rehearsalLinesWaitingMax: 400,
  /** Telephones of one number that are remembered to have been heard of. More: those longest ago are forgotten. */
  heardTelephonesMax: 20,
  /** Telephones rung by rehearsals, for an account in an hour. More: not rung, which fails the step. */
  rehearsalCallsPerHourMax: 20,
  /** Calls to mobiles for their consent, for an account in an hour. More: refused. */
  confirmationsPerHourMax: 6,
  /** Questions of dialogues that are not answered yet. More: refused. */
  questionsMax: 1_000,
  /** Wrong PINs of one caller in an hour, and of all callers together who were never right. More are not looked at. */
  pinGuessesOfCallerMax: 5,
  pinGuessesOfStrangersMax: 20,
  /** Wrong one-time codes for an account in an hour. More are not looked at. */
  codeGuessesPerHourMax: 1_000,
  /** A two-digit index and eight digits. */
  oneTimeCodeDigits: 10,
  /** What is guessed at, callers who guess at it, and those who were right: the longest untouched gives way. */
  guessedTargetsMax: 10_000,
  guessingCallersMax: 100,
  familiarCallersMax: 20,
  /** What recordings take on disk. More: none is kept, and the caller hears so. */
  recordingsBytesMax: 53_687_091_200,
  /** Voicemail messages on the node. More: the caller hears that the mailbox is full. */
  messagesMax: 200_000,
  planStepsMax: 20,
  stepPhonesMax: 20,
  accountsMax: 100_000,
  /** Mailboxes, menus, contacts and mobiles of one account, messages of one mailbox. More: refused when provisioned. */
  mailboxesMax: 1_000,
  menusMax: 100,
  contactsMax: 20,
  mobilesMax: 20,
  mailboxMessagesMax: 1_000,
  /** One message's length, and how long one is kept, whatever a mailbox says. Longer: refused when provisioned. */
  messageMaxMs: 10 * MINUTE_MS,
  messageRetentionMaxMs: 366 * DAY_MS,
  /** One-time codes on one sheet. Making a sheet makes the one before it worthless. */
  oneTimeCodes: 10,
  /** PINs and codes that are hashed at once, 19 MiB each. More: they wait. */
  secretHashesAtOnce: 2,
  /** Those that wait. More: refused, with LIMIT_REACHED. */
  secretHashesWaitingMax: 200,
  /** Numbers that a divert is followed over to see whether it comes back. More: it is refused as a loop. */
  divertsFollowedMax: 10,
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
  auditPageMax: 1_000,
  /** Numbers on a page of readiness. More: on the next one. */
  readinessPageMax: 200,
  /** Bytes of log lines waiting for whoever reads stderr. More: lines are dropped. */
  logQueueBytesMax: 1_048_576,
  /** Writes waiting for the store. More: ledger writes of new calls are dropped and counted. */
  storeQueueMax: 100_000,
  /** The database's size on disk, its log excepted. More: writes fail with STORE_FULL; what is there stays readable. */
  databaseBytesMax: 68_719_476_736,

  /** Time series. More: samples of the newest ones are not taken. */
  seriesMax: 500,
  /** A longer name is none. */
  seriesNameLengthMax: 120,
  /** How late a sample may come, and by how much a watcher's clock may be ahead. Beyond: it is not taken. */
  seriesLateMs: 15 * MINUTE_MS,
  seriesEarlyMs: MINUTE_MS,
  /** Samples that wait while the store takes none. More: the oldest are lost, and their graphs have a gap. */
  seriesWaitingMax: 20_000,
  /** Series in one request, and points of each. More: refused. */
  seriesAskedMax: 20,
  seriesPointsMax: 2_000,

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
  /** A prompt, greeting or sound; a little less than a call waits for one to end. Longer: refused, and said so. */
  soundMaxMs: 110 * SECOND_MS,
  /** Sounds of one account. More: refused, with LIMIT_REACHED. */
  soundsMax: 100,
  /** Sounds and greetings that are taken in at once, over the API. More: refused, with LIMIT_REACHED. */
  soundsAtOnceMax: 8,
  /** A text that is spoken, about a minute. Longer: refused, and said so. */
  soundTextMax: 1_000,
  /** Time to speak it, and texts that are spoken or wait for that. More: refused, with LIMIT_REACHED. */
  speechMs: 20 * SECOND_MS,
  speechesMax: 4,
  /** Its WAV file, as long as that at 48 kHz. More: refused, and said so. */
  soundFileBytesMax: 12_000_000,
  /** An operator's prompts in memory, about four hours. More: those that ship are played, and it is said. */
  promptsBytesMax: 268_435_456,
} as const;
