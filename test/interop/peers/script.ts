// Scripts for sipp, written step by step where the test is that plays them: who sends what, what must come, and what
// must stand in it. A script becomes a scenario in sipp's own XML; what a dialog needs (the peer's address with its
// tag, its Contact) is kept in sipp's variables on the way. The numbers are sipp's keywords [called] and [caller].

/** What has been written so far. */
interface Progress {
  /** Messages and pauses; sipp counts them to tell branches apart. */
  elements: number;
  /** The element that was the last INVITE. */
  inviteAt: number;
}

export type Step = (progress: Progress) => readonly string[];
/** Header → what its value must match (POSIX extended). */
export type Wanted = Readonly<Record<string, string>>;
type Row = string;

export interface Content {
  readonly headers?: readonly Row[];
  /** A session description, `hold` with sendonly and `held` with recvonly; or any other body with its type. */
  readonly body?: keyof typeof DIRECTIONS | { readonly type: string; readonly text: string };
}

const VIA = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]';
const CONTACT = 'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>';
const OWN_TAG = 'tag=[pid]-[call_number]';
const FROM_CALLER = `From: <sip:[caller]@[local_ip]:[local_port]>;${OWN_TAG}`;
const TO_CALLED = 'To: <sip:[called]@[remote_ip]:[remote_port]>';
const INVITED = 'INVITE sip:[called]@[remote_ip]:[remote_port] SIP/2.0';
const DIRECTIONS = { offer: 'sendrecv', hold: 'sendonly', held: 'recvonly' } as const;
const OFFER: Content = { body: 'offer' };
/** sipp's own pace, and the noise before the first key in which nothing is pressed. */
const [KEY_MS, KEYS_BEGIN_MS] = [400, 800];

/** A whole scenario. */
export function script(name: string, steps: readonly Step[]): string {
  const progress = { elements: 0, inviteAt: 0 };
  const body = steps.flatMap((step) => {
    const elements = step(progress);
    progress.elements += elements.filter((element) => !element.startsWith('<label')).length;
    return elements;
  });
  const called = body.some((element) => element.includes('next="invited"'));
  if (called) body.push('<nop counter="1"/>', '<label id="end"/>');
  const numbered = body.join('\n').replaceAll('assign_to="check"', () => `assign_to="check${++checks}"`);
  const variables = new Set([...numbered.matchAll(/assign_to="(\w+)"/g)].map(([, variable]) => variable));
  const reference = variables.size === 0 ? '' : `<Reference variables="${[...variables].join(',')}"/>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${numbered}\n${reference}</scenario>\n`;
}

let checks = 0;
let versions = 0;

// ── the one who calls ──

/** INVITE from [caller] to [called]. */
export function invites(content: Content = OFFER, cseq = 1): Step {
  return invitesWith(
    [
      ...[INVITED, VIA, FROM_CALLER, TO_CALLED, 'Call-ID: [call_id]', `CSeq: ${cseq} INVITE`, CONTACT],
      'Max-Forwards: 70',
    ],
    content,
  );
}

/** INVITE that is written oddly. */
export function invitesWith(rows: readonly Row[], content: Content = OFFER): Step {
  return (progress) => {
    progress.inviteAt = progress.elements;
    return [`<send retrans="500">${message(rows, content)}</send>`];
  };
}

/** The answer to the INVITE, with 100, 180 and 183 before it. A 2xx is where the dialog is learnt from. */
export function gets(status: number, wanted: Wanted = {}): Step {
  const learnt = status >= 200 && status < 300 ? learning('To') : '';
  return () => [
    ...[100, 180, 183].flatMap((one) => (one === status ? [] : `<recv response="${one}" optional="true"/>`)),
    `<recv response="${status}">${actions(learnt + checking(wanted))}</recv>`,
  ];
}

/** ACK of a refusal, in the transaction of its INVITE (RFC 3261 §17.1.1.3). */
export function acknowledgesRefusal(cseq = 1): Step {
  return ({ elements, inviteAt }) => {
    const via = VIA.replace('[branch]', `[branch-${elements - inviteAt}]`);
    const rows = [INVITED.replace('INVITE', 'ACK'), via, FROM_CALLER, '[last_To:]', 'Call-ID: [call_id]'];
    return [`<send>${message([...rows, `CSeq: ${cseq} ACK`, 'Max-Forwards: 70'], {})}</send>`];
  };
}

// ── the one who is called ──

/** The INVITE that begins its call, or OPTIONS before it, which are answered. */
export function isInvited(wanted: Wanted = {}): Step {
  const local = '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="local"/>';
  const ok = ['SIP/2.0 200 OK', '[last_Via:]', '[last_From:]', `[last_To:];${OWN_TAG}`];
  return () => [
    `<recv request="INVITE" optional="true" next="invited">${actions(learning('From') + local + checking(wanted))}</recv>`,
    '<recv request="OPTIONS"/>',
    `<send next="end">${message([...ok, '[last_Call-ID:]', '[last_CSeq:]'], {})}</send>`,
    '<label id="invited"/>',
  ];
}

/** An answer to the INVITE that began its call. */
export function answersCall(status: number, content: Content = status === 200 ? OFFER : {}): Step {
  return () => [answer(status, `[last_To:];${OWN_TAG}`, content)];
}

/** The 487 after a CANCEL, which was the last to come. */
export function endsCancelled(): Step {
  const rows = ['SIP/2.0 487 Request Terminated', '[last_Via:]', '[last_From:]', `[last_To:];${OWN_TAG}`];
  return () => [`<send>${message([...rows, '[last_Call-ID:]', 'CSeq: 1 INVITE'], {})}</send>`];
}

// ── both ──

/** A request within the dialog. */
export function says(side: 'caller' | 'called', method: string, cseq: number, content: Content = {}): Step {
  const own = side === 'caller' ? FROM_CALLER : `From:[$local];${OWN_TAG}`;
  const rows = [
    ...[`${method} [$target] SIP/2.0`, VIA, own, 'To:[$remote]', 'Call-ID: [call_id]'],
    ...[`CSeq: ${cseq} ${method}`, CONTACT, 'Max-Forwards: 70'],
  ];
  return (progress) => {
    if (method === 'INVITE') progress.inviteAt = progress.elements;
    return [`<send${method === 'ACK' ? '' : ' retrans="500"'}>${message(rows, content)}</send>`];
  };
}

/** The answer to it. */
export function hears(status: number, wanted: Wanted = {}): Step {
  return () => [
    '<recv response="100" optional="true"/>',
    `<recv response="${status}">${actions(checking(wanted))}</recv>`,
  ];
}

/** A request of the node's within the dialog, or its ACK. */
export function takes(method: string, wanted: Wanted = {}): Step {
  return () => [`<recv request="${method}">${actions(checking(wanted))}</recv>`];
}

/** The answer to it. */
export function answers(status: number, content: Content = {}): Step {
  return () => [answer(status, '[last_To:]', content)];
}

/** Types keys as events in its audio (RFC 4733), and goes on once they are typed. */
export function types(keys: string): Step {
  return () => [
    `<nop><action><exec play_dtmf="${keys}"/></action></nop>`,
    `<pause milliseconds="${KEYS_BEGIN_MS + keys.length * KEY_MS}"/>`,
  ];
}

/** Types keys one by one as INFO requests (application/dtmf-relay), from this CSeq on. */
export function typesByInfo(keys: string, cseq: number): readonly Step[] {
  return [...keys].flatMap((key, index) => {
    const body = { type: 'application/dtmf-relay', text: `Signal=${key}\nDuration=160\n` };
    return [says('caller', 'INFO', cseq + index, { body }), hears(200)];
  });
}

export function waits(milliseconds: number): Step {
  return () => [`<pause milliseconds="${milliseconds}"/>`];
}

// ── the parts ──

function answer(status: number, to: Row, content: Content): string {
  const reason = status < 200 ? 'Going On' : status < 300 ? 'OK' : 'No';
  const rows = [
    `SIP/2.0 ${status} ${reason}`,
    ...[
      '[last_Via:]',
      '[last_Record-Route:]',
      '[last_From:]',
      to,
      '[last_Call-ID:]',
      '[last_CSeq:]',
      CONTACT,
    ],
  ];
  return `<send>${message(rows, content)}</send>`;
}

function message(rows: readonly Row[], { headers = [], body }: Content): string {
  const text = typeof body === 'string' ? description(DIRECTIONS[body]) : body?.text;
  const type = typeof body === 'object' ? body.type : 'application/sdp';
  const content =
    text === undefined ? ['Content-Length: 0'] : [`Content-Type: ${type}`, 'Content-Length: [len]'];
  return `<![CDATA[\n${[...rows, ...headers, ...content].join('\n')}\n\n${text ?? ''}]]>`;
}

function description(direction: string): string {
  versions += 1;
  return `v=0
o=sipp 1 ${versions} IN IP4 [media_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=${direction}
`;
}

/** The peer's address with its tag, and its Contact. */
function learning(header: 'From' | 'To'): string {
  return (
    `<ereg regexp=".*" search_in="hdr" header="${header}:" assign_to="remote"/>` +
    '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="target"/>'
  );
}

function checking(wanted: Wanted): string {
  return Object.entries(wanted)
    .map(
      ([header, pattern]) =>
        `<ereg regexp="${pattern}" search_in="hdr" header="${header}:" check_it="true" assign_to="check"/>`,
    )
    .join('');
}

function actions(text: string): string {
  return text === '' ? '' : `<action>${text}</action>`;
}
