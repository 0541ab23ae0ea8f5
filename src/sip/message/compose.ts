// Responses to requests (RFC 3261 §8.2.6), and the reason phrases of RFC 3261 §21 and the registry of IANA.

import { type NameAddress, tagOf } from './address.ts';
import { type SipRequest, SipResponse } from './message.ts';

export interface ResponseOptions {
  /** Instead of the usual phrase. */
  readonly reason?: string;
  /** Added to To unless it has a tag or the status is 100. */
  readonly toTag?: string;
  /** Appended after the copied ones. */
  readonly headers?: Iterable<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
  /** Of the body. */
  readonly contentType?: string;
}

const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'];
/** RFC 3261 §12.1, RFC 6665 §4.2.1.2. */
const BEGINS_DIALOG: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE']);

/**
 * Copies what a response must repeat: the Vias, From, To, Call-ID, CSeq; Record-Route into what may form a
 * dialog (§12.1.1), Timestamp into 100 (§8.2.6.1). Rows that a broken request lacks are left out.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  options: ResponseOptions = {},
): SipResponse {
  const copied = [...COPIED];
  if (status === 100) copied.push('Timestamp');
  if (status > 100 && status < 300 && BEGINS_DIALOG.has(request.method)) copied.push('Record-Route');
  let headers = request.headers.pick(copied);
  if (status !== 100 && options.toTag !== undefined && lacksTag(request.to)) {
    headers = headers.set('To', `${request.headers.get('To') ?? ''};tag=${options.toTag}`);
  }
  if (options.headers !== undefined) headers = headers.appendAll(options.headers);
  if (options.contentType !== undefined) headers = headers.append('Content-Type', options.contentType);
  return new SipResponse(status, options.reason ?? reasonPhrase(status), headers, options.body);
}

/** A To that cannot be read is given back as it came. */
function lacksTag(to: NameAddress | undefined): boolean {
  return to !== undefined && tagOf(to) === undefined;
}

/** The usual phrase of a status code, or that of its class. */
export function reasonPhrase(status: number): string {
  return REASON_PHRASES[status] ?? CLASS_PHRASES[Math.floor(status / 100)] ?? 'Unknown';
}

const CLASS_PHRASES: Readonly<Record<number, string>> = {
  1: 'Session Progress',
  2: 'OK',
  3: 'Redirection',
  4: 'Request Failure',
  5: 'Server Failure',
  6: 'Global Failure',
};

const REASON_PHRASES: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  199: 'Early Dialog Terminated',
  200: 'OK',
  202: 'Accepted',
  204: 'No Notification',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  412: 'Conditional Request Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  417: 'Unknown Resource-Priority',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  424: 'Bad Location Information',
  425: 'Bad Alert Message',
  428: 'Use Identity Header',
  429: 'Provide Referrer Identity',
  430: 'Flow Failed',
  433: 'Anonymity Disallowed',
  436: 'Bad Identity Info',
  437: 'Unsupported Credential',
  438: 'Invalid Identity Header',
  439: 'First Hop Lacks Outbound Support',
  440: 'Max-Breadth Exceeded',
  469: 'Bad Info Package',
  470: 'Consent Needed',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  494: 'Security Agreement Required',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  555: 'Push Notification Service Not Supported',
  580: 'Precondition Failure',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
  607: 'Unwanted',
  608: 'Rejected',
};
