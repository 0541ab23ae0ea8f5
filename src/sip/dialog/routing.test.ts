// The route set made into Request-URI and Route: loose and strict routers (RFC 3261 §12.2.1.1, §16.12.1).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routeRequest, routeUri } from './routing.ts';

const TARGET = 'sip:bob@198.51.100.9';

describe('a request to the remote target', () => {
  test('goes straight there without routes', () => {
    assert.deepEqual(routeRequest(TARGET, []), { uri: TARGET, routes: [] });
  });

  test('takes loose routes along as they are', () => {
    const routes = ['<sip:p1.example;lr>', '<sip:p2.example>'];
    assert.deepEqual(routeRequest(TARGET, routes), { uri: TARGET, routes });
  });

  test('counts a route as loose by any lr, with a value or in capitals', () => {
    for (const first of [
      '<sip:p1.example;lr=on>',
      '<sip:p1.example;transport=tcp;LR>',
      '<sips:p1.example;lr>',
    ]) {
      assert.equal(routeRequest(TARGET, [first]).uri, TARGET, first);
    }
  });

  test('puts a strict router into the Request-URI and the target at the end of the routes', () => {
    assert.deepEqual(routeRequest(TARGET, ['<sip:p1.example>', '<sip:p2.example;lr>']), {
      uri: 'sip:p1.example',
      routes: ['<sip:p2.example;lr>', `<${TARGET}>`],
    });
  });

  test('strips a strict router’s URI of what no Request-URI has', () => {
    const [uri] = [routeRequest(TARGET, ['<sip:p1.example:5070;method=INVITE;transport=tcp?Subject=x>']).uri];
    assert.equal(uri, 'sip:p1.example:5070;transport=tcp');
  });

  test('strips the target’s URI likewise, and else keeps it as it was written', () => {
    assert.equal(routeRequest('sip:bob@198.51.100.9?Subject=x', []).uri, TARGET);
    assert.equal(routeRequest('sip:b%6Fb@Example.COM;Line=7', []).uri, 'sip:b%6Fb@Example.COM;Line=7');
    assert.equal(routeRequest('tel:+442079460000;method=x', []).uri, 'tel:+442079460000;method=x');
  });

  test('takes a header parameter of a route for no part of its URI', () => {
    assert.equal(routeRequest(TARGET, ['<sip:p1.example>;lr']).uri, 'sip:p1.example');
  });

  test('leaves a route that it cannot read to the router', () => {
    for (const first of ['garbage', '<urn:service:sos>', '<sip:>']) {
      assert.deepEqual(routeRequest(TARGET, [first]), { uri: TARGET, routes: [first] });
    }
  });
});

describe('the URI of a route', () => {
  test('is what stands in the brackets', () => {
    assert.equal(routeUri('"P" <sip:p1.example;lr>;x=1'), 'sip:p1.example;lr');
    assert.equal(routeUri('garbage'), 'garbage');
  });
});
