// Challenges and credentials: what strangers write into Authorization, and carriers into WWW-Authenticate. Wrong
// credentials are never accepted, right ones are, whatever else stands in the request.

import {
  formatChallenge,
  formatCredentials,
  parseChallenge,
  parseCredentials,
} from '../../../src/sip/auth/challenge.ts';
import { DigestClient } from '../../../src/sip/auth/client.ts';
import { ha1 } from '../../../src/sip/auth/digest.ts';
import { DigestServer } from '../../../src/sip/auth/server.ts';
import { createResponse } from '../../../src/sip/message/compose.ts';
import { request } from '../../../src/sip/transaction/testing.ts';
import { hashing } from '../../simulation/hashing.ts';
import { drawCredentials } from '../grammar.ts';
import { mutateBytes } from '../mutate.ts';
import { expect, type Lap, type Target } from '../target.ts';
import { Words } from '../words.ts';

const REALM = 'voice.example.net';
const SECRETS = new Map(
  ['reception', 'workshop'].map((user) => [
    user,
    {
      md5Ha1: ha1(hashing, 'MD5', user, REALM, `secret-of-${user}`),
      sha256Ha1: ha1(hashing, 'SHA-256', user, REALM, `secret-of-${user}`),
    },
  ]),
);
const NOW = 1_000_000;
const GENUINE = Buffer.from(genuine(new DigestServer(options())));
const RIGHT = rightOf(GENUINE.toString());

export const digestTarget: Target = {
  name: 'digest',
  weight: 1,
  draw: (random) => {
    const drawn = Buffer.from(drawCredentials(new Words(random)));
    return [
      random.chance(0.3) ? mutateBytes(random.pick([drawn, GENUINE]), random, [drawn, GENUINE]) : drawn,
    ];
  },
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    // What can stand in a header has no line ends: they were unfolded before.
    const value = Buffer.from(bytes)
      .toString('utf8')
      .replace(/[\r\n]+/g, ' ')
      .trim();
    checkText(value, lap);
    checkServer(value, lap);
    checkClient(value, lap);
    return 1;
  },
};

function options() {
  return {
    realm: REALM,
    key: new Uint8Array(32),
    hashing,
    acceptMd5: true,
    nonceLifetimeMs: 300_000,
    noncesMax: 1_000,
  };
}

function checkText(value: string, lap: Lap): void {
  const credentials = lap(() => parseCredentials(value));
  if (credentials.ok) {
    const again = parseCredentials(formatCredentials(credentials.value));
    expect(isTokenLike(credentials.value) ? again.ok : true, 'credentials that we write do not parse');
  }
  const challenge = lap(() => parseChallenge(value));
  if (challenge.ok) formatChallenge(challenge.value);
}

/** Of what is written without quotes. */
function isTokenLike({ algorithm = '', qop = '', nc = '' }): boolean {
  return /^[\w-]*$/.test(algorithm + qop + nc);
}

function checkServer(value: string, lap: Lap): void {
  const server = new DigestServer(options());
  const asked = request({ method: 'REGISTER' });
  const carrying = asked.with({ headers: asked.headers.append('Authorization', value) });
  const verdict = lap(() => server.verify(carrying, 'Authorization', (user) => SECRETS.get(user), NOW));
  if (verdict.type === 'challenge') {
    server.challenges(NOW, verdict.stale, verdict.md5Only);
    return;
  }
  const accepted = parseCredentials(value);
  expect(
    accepted.ok &&
      accepted.value.response.toLowerCase() === RIGHT.response &&
      accepted.value.nonce === RIGHT.nonce,
    'credentials were accepted that nobody who knows the password made',
  );
}

function client(): DigestClient {
  return new DigestClient({
    user: 'reception',
    password: 'secret-of-reception',
    hashing,
    newCnonce: () => '0123456789abcdef',
  });
}

function checkClient(value: string, lap: Lap): void {
  const asked = request({ method: 'REGISTER' });
  const refusal = createResponse(asked, 401, { headers: [['WWW-Authenticate', value]] });
  const ours = client();
  const authorised = lap(() => ours.authorise(asked, refusal));
  if (!authorised.ok) return;
  expect(authorised.value.headers.has('Authorization'), 'an answer to a challenge has credentials');
  lap(() => ours.authorise(authorised.value, refusal));
  ours.preauthorise(asked);
}

/** What a phone sends that knows its password, to another node: a good start for what is almost right. */
function genuine(server: DigestServer): string {
  const asked = request({ method: 'REGISTER' });
  const [challenge = ''] = server.challenges(NOW, false);
  const refusal = createResponse(asked, 401, { headers: [['WWW-Authenticate', challenge]] });
  const authorised = client().authorise(asked, refusal);
  return authorised.ok ? (authorised.value.headers.get('Authorization') ?? '') : '';
}

function rightOf(value: string): { readonly response: string; readonly nonce: string } {
  const credentials = parseCredentials(value);
  expect(credentials.ok, 'what our client makes is read by our server');
  return credentials.value;
}
