// The CLI's side of the API: every command but `start` is a request to a running node. What goes wrong there
// comes as a problem document and is thrown here as the same error of the catalogue that it was thrown as.

import { readFile } from 'node:fs/promises';
import { ERROR_CATALOGUE, type ErrorCode, type Mistake, RingthroughError } from '../base/errors.ts';

export const API_DEFAULT = 'http://127.0.0.1:8080';

export interface ClientOptions {
  /** `http://127.0.0.1:8080` */
  readonly api: string;
  readonly token: string | undefined;
  /** Read unless a token is given. */
  readonly tokenFile: string;
  readonly version: string;
}

interface RequestOptions {
  /** Sent as JSON; text goes as the YAML file that it is, bytes as the WAV file. */
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Ends an answer of lines early, and without complaint. */
  readonly signal?: AbortSignal;
}

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The answer's JSON; `undefined` for an answer without content. Throws what the node threw. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const response = await this.#send(method, path, options);
    return response.status === 204 ? undefined : response.json();
  }

  /** An answer of one JSON object a line, as the lines come. */
  async *lines(method: string, path: string, options: RequestOptions = {}): AsyncGenerator<unknown> {
    let rest = '';
    try {
      const response = await this.#send(method, path, options);
      for await (const chunk of textOf(response, this.#options.api)) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    } catch (error) {
      if (options.signal?.aborted !== true) throw error;
    }
  }

  /** An answer that is a file. */
  async bytes(method: string, path: string, options: RequestOptions = {}): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#send(method, path, options)).arrayBuffer());
  }

  async #send(method: string, path: string, { body, query = {}, signal }: RequestOptions): Promise<Response> {
    const url = this.#url(path, query);
    const headers = {
      authorization: `Bearer ${await this.#token()}`,
      'user-agent': `ringthrough-cli/${this.#options.version}`,
      ...(body === undefined ? {} : { 'content-type': typeOf(body) }),
    };
    const payload = body === undefined ? {} : { body: payloadOf(body) };
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        ...payload,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      throw unreachable(this.#options.api, cause);
    }
    if (response.ok) return response;
    const problem = await problemOf(response, this.#options.api);
    throw problem.code === 'UNAUTHORISED' ? this.#wrongToken(problem) : problem;
  }

  /** Here it is known which token that was, and how to give another. */
  #wrongToken(cause: RingthroughError): RingthroughError {
    const { token, tokenFile, api } = this.#options;
    const which = token === undefined ? `in ${tokenFile}` : 'in RINGTHROUGH_TOKEN';
    const remedy =
      "give the node's own, api.token in its data folder, with --token-file or RINGTHROUGH_TOKEN";
    const message = `the API token ${which} is not that of the node at ${api}; ${remedy}`;
    return new RingthroughError('UNAUTHORISED', message, { cause });
  }

  #url(path: string, query: Readonly<Record<string, string | undefined>>): URL {
    const url = URL.parse(path, this.#options.api);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new RingthroughError(
        'INVALID_INPUT',
        `"${this.#options.api}" is not an address of an API; give one such as ${API_DEFAULT} with --api`,
      );
    }
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url;
  }

  async #token(): Promise<string> {
    const { token, tokenFile } = this.#options;
    if (token !== undefined) return token;
    try {
      return (await readFile(tokenFile, 'utf8')).trim();
    } catch (cause) {
      throw unreadableToken(tokenFile, cause);
    }
  }
}

function payloadOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function typeOf(body: unknown): string {
  if (body instanceof Uint8Array) return 'audio/wav';
  return typeof body === 'string' ? 'application/yaml' : 'application/json';
}

/** A path segment from what somebody wrote: `+442079460000` stays readable, `../x` stays one segment. */
export function segment(text: string): string {
  // URLs have no way to write these two as names.
  if (text === '.' || text === '..') throw new RingthroughError('INVALID_INPUT', `"${text}" is no name`);
  return encodeURIComponent(text).replaceAll('%2B', '+');
}

async function* textOf(response: Response, api: string): AsyncGenerator<string> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) yield chunk;
  } catch (cause) {
    throw unreachable(api, cause);
  }
}

function unreadableToken(tokenFile: string, cause: unknown): RingthroughError {
  const remedy =
    codeOf(cause) === 'ENOENT'
      ? 'does not exist; start a node here first, or give --token-file or RINGTHROUGH_TOKEN'
      : `cannot be read (${codeOf(cause)}); only the node's own user may, or give RINGTHROUGH_TOKEN`;
  return new RingthroughError('UNAUTHORISED', `the API token ${tokenFile} ${remedy}`, { cause });
}

/** Nothing listens there, or something else is in the way, which is told. */
function unreachable(api: string, cause: unknown): RingthroughError {
  const reason = cause instanceof Error ? codeOf(cause.cause) : undefined;
  const why = reason === undefined || reason === 'ECONNREFUSED' ? '' : ` (${reason})`;
  const remedy = 'start one with `ringthrough start`, or say where it is with --api';
  return new RingthroughError('NODE_UNREACHABLE', `no node answers at ${api}${why}; ${remedy}`, { cause });
}

/** The system's own word for what failed, such as `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/** What answered may be no node at all: then its status is all there is to tell. */
async function problemOf(response: Response, api: string): Promise<RingthroughError> {
  const problem: unknown = await response.json().catch(() => undefined);
  if (typeof problem === 'object' && problem !== null && 'code' in problem && isErrorCode(problem.code)) {
    const { code, detail, mistakes } = problem as { code: ErrorCode; detail: string; mistakes: Mistake[] };
    return new RingthroughError(code, detail, { mistakes });
  }
  const message = `what answers at ${api} is no Ringthrough node (HTTP ${response.status}); say where it is with --api`;
  return new RingthroughError('NODE_UNREACHABLE', message);
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in ERROR_CATALOGUE;
}
