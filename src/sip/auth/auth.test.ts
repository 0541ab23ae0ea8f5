// A phone and a server agree on who the phone is: stories between DigestClient and DigestServer.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createResponse } from '../message/compose.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { formatCredentials, parseChallenge, parseCredentials } from './challenge.ts';
import { DigestClient } from './client.ts';
import { type DigestHashing, ha1 } from './digest.ts';
import { isKnownMd5Only } from './md5-only.ts';
import { type AuthVerdict, DigestServer, type DigestServerOptions, type UserSecret } from './server.ts';

const hashing: DigestHashing = {
  md5Hex: (text) => createHash('md5').update(text).digest('hex'),
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
  hmacSha256Hex: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
};

const REALM = 'voice.example.net';
const MINUTE = 60_000;
const T = 1_790_000_000_000;

const secrets: ReadonlyMap<string, UserSecret> = new Map(
  [['reception', 'open sesame'] as const, ['workshop', 'hammer'] as const].map(([user, password]) => [
    user,
    {
      md5Ha1: ha1(hashing, 'MD5', user, REALM, password),
      sha256Ha1: ha1(hashing, 'SHA-256', user, REALM, password),
    },
  ]),
);

function newServer(options: Partial<DigestServerOptions> = {}): DigestServer {
  return new DigestServer({
    realm: REALM,
    key: new Uint8Array(32).fill(7),
    hashing,
    acceptMd5: true,
    nonceLifetimeMs: 5 * MINUTE,
    noncesMax: 100,
    ...options,
  });
}

let cnonces = 0;
function newClient(user = 'reception', password = 'open sesame'): DigestClient {
  return new DigestClient({ user, password, hashing, newCnonce: () => `cnonce${++cnonces}` });
}

function register(user = 'reception', address = '192.0.2.7', userAgent = 'Desk 1.0'): SipRequest {
  return new SipRequest(
    'REGISTER',
    `sip:${REALM}`,
    Headers.of([
      ['Via', `SIP/2.0/UDP ${address}:5060;branch=z9hG4bK1`],
      ['From', `<sip:${user}@${REALM}>;tag=1`],
      ['To', `<sip:${user}@${REALM}>`],
      ['Call-ID', 'c1'],
      ['CSeq', '1 REGISTER'],
      ['User-Agent', userAgent],
    ]),
  );
}

function verify(server: DigestServer, request: SipRequest, now: number): AuthVerdict {
  return server.verify(request, 'Authorization', (user) => secrets.get(user), now);
}

function reasonOf(verdict: AuthVerdict): string {
  return verdict.type !== 'challenge' ? verdict.type : `${verdict.reason}${verdict.stale ? ', stale' : ''}`;
}

/** The 401 that the server gives after this verdict. */
function refuse(server: DigestServer, request: SipRequest, verdict: AuthVerdict, now: number): SipResponse {
  assert.ok(verdict.type === 'challenge');
  const values = server.challenges(now, verdict.stale, verdict.md5Only);
  return createResponse(request, 401, {
    headers: values.map((value) => ['WWW-Authenticate', value] as const),
  });
}

function challenge(server: DigestServer, request: SipRequest, now: number): SipResponse {
  return refuse(server, request, verify(server, request, now), now);
}

function authorised(client: DigestClient, request: SipRequest, response: SipResponse): SipRequest {
  const result = client.authorise(request, response);
  assert.ok(result.ok, result.ok ? '' : result.error);
  return result.value;
}

function algorithms(response: SipResponse): readonly (string | undefined)[] {
  return response.headers.all('WWW-Authenticate').map((value) => {
    const parsed = parseChallenge(value);
    return parsed.ok ? parsed.value.algorithm : 'malformed';
  });
}

/** Changes what the phone wrote into its Authorization header. */
function tampered(request: SipRequest, changes: Record<string, string>): SipRequest {
  const credentials = parseCredentials(request.headers.get('Authorization') ?? '');
  assert.ok(credentials.ok);
  const value = formatCredentials({ ...credentials.value, ...changes });
  return request.with({ headers: request.headers.set('Authorization', value) });
}

describe('a phone authenticates', () => {
  test('a REGISTER without credentials is challenged with SHA-256 first, then MD5, in the same nonce', () => {
    const server = newServer();
    const verdict = verify(server, register(), T);
    assert.deepEqual(verdict, {
      type: 'challenge',
      stale: false,
      reason: 'none',
      md5Only: false,
      isProven: false,
    });
    const [sha256, md5] = server.challenges(T, false);
    assert.match(
      sha256 ?? '',
      /^Digest realm="voice\.example\.net", nonce="[^"]+", algorithm=SHA-256, qop="auth"$/,
    );
    assert.equal(md5, sha256?.replace('SHA-256', 'MD5'));
  });

  test('a phone answers with the strongest algorithm and the next CSeq, and is accepted', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    assert.match(again.headers.get('Authorization') ?? '', /algorithm=SHA-256/);
    assert.deepEqual(again.cseq, { number: 2, method: 'REGISTER' });
    assert.deepEqual(verify(server, again, T + 20), { type: 'accepted', user: 'reception' });
  });

  test('a phone that knows only MD5 is accepted where the policy takes MD5', () => {
    const server = newServer();
    const request = register();
    const both = challenge(server, request, T);
    const md5 = both.headers.all('WWW-Authenticate').filter((value) => value.includes('MD5'));
    const answer = both.with({ headers: both.headers.set('WWW-Authenticate', md5) });
    assert.equal(reasonOf(verify(server, authorised(newClient(), request, answer), T)), 'accepted');
  });

  test('where the policy refuses MD5 it is neither offered nor taken', () => {
    const server = newServer({ acceptMd5: false });
    const request = register('reception', '192.0.2.7', 'baresip v1.0.0');
    const response = challenge(server, request, T);
    assert.deepEqual(algorithms(response), ['SHA-256']);
    const again = authorised(newClient(), request, response);
    assert.equal(reasonOf(verify(server, tampered(again, { algorithm: 'MD5' }), T)), 'algorithm');
    assert.equal(reasonOf(verify(server, again, T)), 'accepted');
  });

  test('a phone that answers both challenges at once is judged by its SHA-256 answer', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    const md5 = tampered(again, { algorithm: 'MD5', response: '0'.repeat(32) }).headers.all('Authorization');
    const both = again.with({
      headers: again.headers.set('Authorization', [...md5, ...again.headers.all('Authorization')]),
    });
    assert.equal(reasonOf(verify(server, both, T)), 'accepted');
  });

  test('credentials for another realm are passed over', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    assert.equal(reasonOf(verify(server, tampered(again, { realm: 'elsewhere' }), T)), 'none');
  });

  test('a digest in capital letters is as good', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    const { value } = parseCredentials(again.headers.get('Authorization') ?? '') as {
      value: { response: string };
    };
    const loud = tampered(again, { response: value.response.toUpperCase() });
    assert.equal(reasonOf(verify(server, loud, T)), 'accepted');
  });

  test('the digest-uri may differ from the Request-URI in port and parameters, not in user or host', () => {
    for (const [uri, expected] of [
      [`sip:${REALM}:5060;transport=udp`, 'accepted'],
      [`sip:${REALM.toUpperCase()}`, 'accepted'],
      ['sip:other.example.net', 'malformed'],
      [`sip:someone@${REALM}`, 'malformed'],
      ['nonsense', 'malformed'],
    ] as const) {
      const server = newServer();
      const request = register();
      const response = challenge(server, request, T);
      // The phone computes its digest over the URI that it writes.
      const again = authorised(newClient(), request.with({ uri }), response).with({ uri: request.uri });
      assert.equal(reasonOf(verify(server, again, T)), expected, uri);
    }
  });

  test('without qop credentials are malformed, unless RFC 2069 is allowed: then each nonce works once', () => {
    for (const [acceptWithoutQop, expected] of [
      [false, ['malformed', 'malformed']],
      [true, ['accepted', 'replayed, stale']],
    ] as const) {
      const server = newServer({ acceptWithoutQop });
      const request = register();
      const response = challenge(server, request, T);
      const values = response.headers
        .all('WWW-Authenticate')
        .map((value) => value.replace(', qop="auth"', ''));
      const old = response.with({ headers: response.headers.set('WWW-Authenticate', values) });
      const again = authorised(newClient(), request, old);
      assert.doesNotMatch(again.headers.get('Authorization') ?? '', /nc=|cnonce=|qop=/);
      const reasons = [verify(server, again, T), verify(server, again, T)].map(reasonOf);
      assert.deepEqual(reasons, expected);
    }
  });
});

describe('nobody else gets in', () => {
  test('a wrong password is refused without stale, and the phone gives up instead of trying for ever', () => {
    const server = newServer();
    const request = register();
    const client = newClient('reception', 'guess');
    const again = authorised(client, request, challenge(server, request, T));
    const verdict = verify(server, again, T);
    assert.deepEqual(verdict, {
      type: 'challenge',
      stale: false,
      reason: 'wrong',
      md5Only: false,
      isProven: true,
      user: 'reception',
    });
    const result = client.authorise(again, refuse(server, again, verdict, T));
    assert.deepEqual(result, {
      ok: false,
      error: `realm "${REALM}" refuses the credentials of "reception"`,
    });
  });

  test('an unknown user gets the answer of a wrong password, after as much hashing', () => {
    let hashed = 0;
    const counting = {
      ...hashing,
      sha256Hex: (text: string) => {
        hashed += 1;
        return hashing.sha256Hex(text);
      },
    };
    const server = newServer({ hashing: counting });
    const counts = ['reception', 'nobody'].map((user) => {
      const request = register(user);
      const again = authorised(newClient(user, 'guess'), request, challenge(server, request, T));
      hashed = 0;
      const verdict = verify(server, again, T);
      assert.equal(reasonOf(verdict), user === 'nobody' ? 'unknown-user' : 'wrong');
      return hashed;
    });
    assert.equal(counts[0], counts[1]);
    assert.ok(counts[0] !== 0);
  });

  test('a replayed request is refused, and stale tells its owner to try again', () => {
    const server = newServer();
    const request = register();
    const client = newClient();
    const again = authorised(client, request, challenge(server, request, T));
    assert.equal(reasonOf(verify(server, again, T)), 'accepted');
    const replay = verify(server, again, T + 1);
    assert.equal(reasonOf(replay), 'replayed, stale');
    const third = authorised(client, again, refuse(server, again, replay, T + 1));
    assert.equal(reasonOf(verify(server, third, T + 2)), 'accepted');
  });

  test('requests that overtook each other are each accepted once', () => {
    const server = newServer();
    const request = register();
    const client = newClient();
    const first = authorised(client, request, challenge(server, request, T));
    const later = Array.from({ length: 5 }, () => client.preauthorise(request));
    for (const one of [...later].reverse()) assert.equal(reasonOf(verify(server, one, T)), 'accepted');
    assert.equal(reasonOf(verify(server, first, T)), 'accepted');
    for (const one of [first, ...later]) assert.equal(reasonOf(verify(server, one, T)), 'replayed, stale');
  });

  test('a count too far behind the highest one is refused', () => {
    const server = newServer();
    const request = register();
    const client = newClient();
    const first = authorised(client, request, challenge(server, request, T));
    const later = Array.from({ length: 64 }, () => client.preauthorise(request));
    const last = later.at(-1);
    assert.ok(last !== undefined);
    assert.equal(reasonOf(verify(server, last, T)), 'accepted');
    assert.equal(reasonOf(verify(server, first, T)), 'replayed, stale');
    assert.equal(reasonOf(verify(server, later[0] as SipRequest, T)), 'accepted');
  });

  test('whatever order counts come in, each is spent at most once, and within the window exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 60 }), (counts) => {
        const server = newServer();
        const request = register();
        const client = newClient();
        authorised(client, request, challenge(server, request, T));
        const prepared = Array.from({ length: 150 }, () => client.preauthorise(request));
        const spent = new Set<number>();
        let highest = 0;
        for (const count of counts) {
          const verdict = verify(server, prepared[count - 1] as SipRequest, T);
          const expected = !spent.has(count) && count > highest - 64;
          assert.equal(verdict.type === 'accepted', expected);
          if (expected) spent.add(count);
          highest = Math.max(highest, count);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a nonce works for its lifetime and is stale afterwards', () => {
    const server = newServer();
    const request = register();
    const client = newClient();
    authorised(client, request, challenge(server, request, T));
    assert.equal(reasonOf(verify(server, client.preauthorise(request), T + 5 * MINUTE)), 'accepted');
    const late = verify(server, client.preauthorise(request), T + 5 * MINUTE + 1);
    assert.equal(reasonOf(late), 'stale, stale');
  });

  test('a nonce of another key or realm, or a made-up one, is stale', () => {
    for (const other of [newServer({ key: new Uint8Array(32) }), newServer({ realm: 'elsewhere' })]) {
      const server = newServer();
      const request = register();
      const foreign = challenge(other, request, T);
      const values = foreign.headers
        .all('WWW-Authenticate')
        .map((value) => value.replace('elsewhere', REALM));
      const client = newClient();
      const again = authorised(
        client,
        request,
        foreign.with({ headers: foreign.headers.set('WWW-Authenticate', values) }),
      );
      const verdict = verify(server, again, T);
      assert.equal(reasonOf(verdict), 'stale, stale');
      const third = authorised(client, again, refuse(server, again, verdict, T));
      assert.equal(reasonOf(verify(server, third, T)), 'accepted');
    }
  });

  test('what was used before a restart cannot be replayed after it, and its owner just tries again', () => {
    const request = register();
    const client = newClient();
    const before = newServer();
    const used = authorised(client, request, challenge(before, request, T));
    assert.equal(reasonOf(verify(before, used, T)), 'accepted');
    const after = newServer();
    const verdict = verify(after, used, T + 2_000);
    assert.equal(reasonOf(verdict), 'stale, stale');
    const again = authorised(client, used, refuse(after, used, verdict, T + 2_000));
    assert.equal(reasonOf(verify(after, again, T + 2_050)), 'accepted');
  });

  test('when there are too many nonces the oldest is forgotten and stale, never open to replay', () => {
    const server = newServer({ noncesMax: 3 });
    const request = register();
    const used = [0, 1, 2, 3].map((second) => {
      const now = T + second * 1_000;
      const again = authorised(newClient(), request, challenge(server, request, now));
      assert.equal(reasonOf(verify(server, again, now)), 'accepted');
      return again;
    });
    const reasons = used.map((one) => reasonOf(verify(server, one, T + 4_000)));
    assert.deepEqual(reasons, ['stale, stale', 'replayed, stale', 'replayed, stale', 'replayed, stale']);
  });

  test('two phones challenged in the same millisecond do not spend each other’s counts', () => {
    const server = newServer();
    const answers = ['reception', 'workshop'].map((user) => {
      const request = register(user);
      return [
        request,
        challenge(server, request, T),
        newClient(user, user === 'workshop' ? 'hammer' : undefined),
      ] as const;
    });
    for (const [request, response, client] of answers) {
      assert.equal(reasonOf(verify(server, authorised(client, request, response), T)), 'accepted');
    }
  });

  test('credentials with missing, doubled or senseless parts are malformed', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    for (const changes of [{ nc: '1' }, { nc: 'zzzzzzzz' }, { qop: 'auth-int' }, { qop: '' }]) {
      assert.equal(
        reasonOf(verify(server, tampered(again, changes), T)),
        'malformed',
        JSON.stringify(changes),
      );
    }
    for (const value of ['Basic abc', 'Digest', `${again.headers.get('Authorization')}, uri="sip:x"`]) {
      const bad = again.with({ headers: again.headers.set('Authorization', value) });
      assert.equal(reasonOf(verify(server, bad, T)), 'malformed', value);
    }
    assert.equal(reasonOf(verify(server, tampered(again, { algorithm: 'SHA-512-256' }), T)), 'algorithm');
  });

  test('whatever stands in the header, the server answers and accepts nobody', () => {
    const server = newServer();
    fc.assert(
      fc.property(fc.string(), (value) => {
        const request = register();
        const headers = request.headers.set('Authorization', `Digest ${value.replace(/[\r\n]/g, ' ')}`);
        assert.equal(verify(server, request.with({ headers }), T).type, 'challenge');
      }),
    );
  });
});

describe('clients that fail at SHA-256', () => {
  test('are known by their User-Agent, up to the version that was mended', () => {
    for (const [userAgent, expected] of [
      ['baresip v1.0.0 (x86_64/linux)', true],
      ['baresip v3.11.0 (x86_64/Linux)', true],
      ['baresip v3.12.0 (x86_64/Linux)', false],
      ['baresip v4.0.0', false],
      ['PJSUA v2.10 Linux', true],
      ['PJSUA v2.14.1', false],
      ['Asterisk PBX 18.5.0', true],
      ['Asterisk PBX 22.1.0', false],
      ['FreeSWITCH-mod_sofia/1.10.6-release', true],
      ['JsSIP 3.13.8', true],
      ['SIP.js/0.21.2', true],
      ['SIPp/Linux', true],
      ['Yealink SIP-T46S 66.86.0.15', false],
      [undefined, false],
    ] as const) {
      assert.equal(isKnownMd5Only(userAgent), expected, userAgent ?? 'none');
    }
  });

  test('and are asked for MD5 alone', () => {
    const server = newServer();
    const request = register('reception', '192.0.2.7', 'baresip v1.0.0 (x86_64/linux)');
    const response = challenge(server, request, T);
    assert.deepEqual(algorithms(response), ['MD5']);
    assert.equal(reasonOf(verify(server, authorised(newClient(), request, response), T)), 'accepted');
  });

  test('a phone that went away from both and comes back without credentials is asked for MD5 alone', () => {
    const server = newServer();
    assert.deepEqual(algorithms(challenge(server, register(), T)), ['SHA-256', 'MD5']);
    assert.deepEqual(algorithms(challenge(server, register(), T + 100)), ['SHA-256', 'MD5']);
    assert.deepEqual(algorithms(challenge(server, register(), T + 30_000)), ['MD5']);
    assert.deepEqual(algorithms(challenge(server, register('workshop'), T + 30_000)), ['SHA-256', 'MD5']);
    const elsewhere = register('reception', '192.0.2.99');
    assert.deepEqual(algorithms(challenge(server, elsewhere, T + 30_000)), ['SHA-256', 'MD5']);
  });

  test('a phone that answered in SHA-256 is asked with both again', () => {
    const server = newServer();
    const request = register();
    const again = authorised(newClient(), request, challenge(server, request, T));
    assert.equal(reasonOf(verify(server, again, T)), 'accepted');
    assert.deepEqual(algorithms(challenge(server, register(), T + 60_000)), ['SHA-256', 'MD5']);
  });

  test('a stale nonce is renewed in the algorithm that the phone chose', () => {
    const server = newServer();
    const request = register('reception', '192.0.2.7', 'baresip v1.0.0');
    const client = newClient();
    authorised(client, request, challenge(server, request, T));
    const nameless = client.preauthorise(register('reception', '192.0.2.8', 'Desk 1.0'));
    assert.deepEqual(algorithms(challenge(server, nameless, T + 6 * MINUTE)), ['MD5']);
  });

  test('whether a phone exists cannot be told from how it is asked', () => {
    const server = newServer();
    for (const user of ['reception', 'invented']) {
      assert.deepEqual(algorithms(challenge(server, register(user), T)), ['SHA-256', 'MD5']);
      assert.deepEqual(algorithms(challenge(server, register(user), T + 30_000)), ['MD5']);
    }
  });
});
