// A mail server that others wrote (smtp-server): it takes whatever comes and gives it through a parser that others
// wrote (postal-mime).

import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { freePorts, HOST, type Rig, until } from '../rig.ts';

export class MailServer {
  readonly #rig: Rig;
  readonly #port: number;
  readonly #received: Buffer[] = [];

  /** Where it will be; nothing listens there until it is started. */
  static async planned(rig: Rig): Promise<MailServer> {
    return new MailServer(rig, await freePorts());
  }

  private constructor(rig: Rig, port: number) {
    this.#rig = rig;
    this.#port = port;
  }

  /** The node's configuration for it. */
  get configuration(): string {
    return `mail: { from: voicemail@voice.example.net, server: "${HOST}:${this.#port}" }`;
  }

  async starts(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.#received.push(Buffer.concat(chunks));
          done();
        });
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.#port, HOST, () => resolve()));
    this.#rig.onEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  }

  /** The first mail that comes. */
  async mail(withinMs = 20_000): Promise<Email> {
    return PostalMime.parse(await until('a mail', withinMs, () => this.#received[0]));
  }
}
