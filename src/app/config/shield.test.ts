import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

function parse(yaml: string) {
  const readSecret = () => assert.fail('there is no secret');
  return parseConfig(yaml, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret });
}

function mistakesIn(yaml: string): string {
  try {
    parse(yaml);
  } catch (error) {
    assert(error instanceof RingthroughError && error.code === 'CONFIG_INVALID');
    return error.message;
  }
  return assert.fail('the configuration was taken');
}

describe('what is said of doors', () => {
  test('is on which ports they are, the last two of which are the node’s own', () => {
    const { shield } = parse('shield: { doors: 10000-10999, moveDoors: true }');
    assert.deepEqual(shield.doors, { from: 10_000, to: 10_997 });
    assert.equal(shield.moveDoors, true);
  });

  test('and is refused where they could be none, or another’s', () => {
    assert.match(mistakesIn('shield: { doors: 10000-10020 }'), /shield\.doors: must have at least 100 ports/);
    assert.match(mistakesIn('shield: { doors: 5000-5999 }'), /shield\.doors: must not contain port 5060/);
    assert.match(
      mistakesIn('shield: { doors: 29000-30000 }'),
      /shield\.doors: must not overlap media\.ports/,
    );
    const onlyTcp = 'sip: { listen: tcp:127.0.0.1:5060 }\nshield: { doors: 10000-10999 }';
    assert.match(mistakesIn(onlyTcp), /shield\.doors: needs a listener over UDP/);
    assert.match(mistakesIn('shield: { moveDoors: true }'), /shield\.moveDoors: is for doors/);
  });
});
