// Mail over SMTP (RFC 5321) to the operator's own server or a provider's, by nodemailer: a few connections that stay,
// short timeouts, TLS wherever there is a password to protect. What the server says is told as it said it, and a
// failure by its own reply: 4xx will pass, 5xx will not, and what never came to a recipient is the server's.

import { createTransport, type NodemailerError } from 'nodemailer';
import { LIMITS } from '../../base/limits.ts';
import { err, ok } from '../../base/result.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { DeliveryFailure } from '../../ports/delivery.ts';
import type { Mail, MailSender } from '../../ports/mail.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /**
   * `implicit`: TLS from the first byte. `required`: STARTTLS, or nothing is sent. `offered`: STARTTLS where the server
   * has it, whoever it is (RFC 7435). `off`: never.
   */
  readonly tls: 'implicit' | 'required' | 'offered' | 'off';
  /** PEM certificates of authorities that may speak for the server, beside those of the system. */
  readonly authorities?: string;
  readonly credentials?: { readonly user: string; readonly password: string };
  /** `Example Telephones <voicemail@example.net>`, or the address alone. */
  readonly from: string;
  /** What the node calls itself to the server: its SIP domain. */
  readonly name: string;
}

const CONNECT_MS = 10 * SECOND_MS;
const GREETING_MS = 15 * SECOND_MS;
/** Without a byte either way. Servers may look at an attachment before they take it. */
const SILENCE_MS = 60 * SECOND_MS;
const IDLE_MS = 30 * SECOND_MS;

export function createSmtp(options: SmtpOptions): MailSender {
  const transport = createTransport({
    pool: true,
    maxConnections: LIMITS.deliveriesMax,
    // Retries are the outbox's: it knows what else waits, and keeps count.
    maxRequeues: 0,
    idleTimeout: IDLE_MS,
    host: options.host,
    port: options.port,
    name: options.name,
    ...security(options),
    ...(options.credentials === undefined
      ? {}
      : { auth: { user: options.credentials.user, pass: options.credentials.password } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: CONNECT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A connection that breaks while nothing is sent over it concerns nobody.
  transport.on('error', () => undefined);
  return {
    send: async (mail) => {
      try {
        const { response } = await transport.sendMail(messageOf(mail, options.from));
        return ok(response);
      } catch (error) {
        return err(failureOf(error));
      }
    },
    close: () => transport.close(),
  };
}

function security({ tls, authorities }: SmtpOptions) {
  const trusted = authorities === undefined ? {} : { ca: authorities };
  switch (tls) {
    case 'implicit':
      return { secure: true, tls: trusted };
    case 'required':
      return { requireTLS: true, tls: trusted };
    case 'offered':
      // Whoever is in between could as well hide the offer: a certificate that is checked would protect nothing.
      return { opportunisticTLS: true, tls: { rejectUnauthorized: false } };
    case 'off':
      return { ignoreTLS: true };
  }
}

function messageOf({ id, at, to, subject, text, file }: Mail, from: string) {
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  const attachments =
    file === undefined
      ? []
      : [{ filename: file.name, contentType: file.type, content: Buffer.from(file.bytes) }];
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    date: new Date(at),
    messageId: `<${id}@${domain}>`,
    attachments,
    // RFC 3834 §5: so that no vacation message answers.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** RFC 5321 §4.2.1; what was said to a recipient or a message is the message's, all before it the server's. */
function failureOf(error: unknown): DeliveryFailure {
  const { code, command, permanent, response, responseCode, message } = error as NodemailerError;
  const reason = (response ?? message).replace(/\s+/g, ' ').trim();
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE')
    return { of: 'server', permanent: permanent === true, reason };
  // A sender that is refused is refused for every message, unless it is for the size of this one (RFC 1870 §6.1).
  const isSender = command === 'MAIL FROM' && responseCode !== undefined && responseCode !== 552;
  // Without a reply it was refused here: an address that is none, or more than the server said it takes.
  return { of: isSender ? 'server' : 'message', permanent: permanent ?? responseCode === undefined, reason };
}
