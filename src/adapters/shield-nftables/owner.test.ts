import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerLine, type Processes, readOwner, systemProcesses } from './owner.ts';

const WORLD: Processes = {
  self: 10,
  namespace: '77',
  began: (pid) => ({ 10: '100', 20: '200' })[pid],
};

function listed(owner: string, isFresh = true): string {
  return `table inet x {\n set alive {\n comment "abc123 ${owner}"\n${isFresh ? ' elements = { ip expires 9s }' : ''}`;
}

test('the table of a process that lives is another’s', () => {
  assert.deepEqual(readOwner(listed('20 200 77'), WORLD), { layout: 'abc123', pid: 20, isAnothers: true });
});

test('the table of a process that is gone, or whose number is another’s now, may be taken over', () => {
  assert.equal(readOwner(listed('30 300 77'), WORLD)?.isAnothers, false);
  assert.equal(readOwner(listed('20 199 77'), WORLD)?.isAnothers, false);
});

test('one’s own table may be taken over', () => {
  assert.equal(readOwner(listed(ownerLine(WORLD)), WORLD)?.isAnothers, false);
});

test('a process in another namespace has its table for as long as it says that it lives', () => {
  assert.equal(readOwner(listed('20 200 66'), WORLD)?.isAnothers, true);
  assert.equal(readOwner(listed('20 200 66', false), WORLD)?.isAnothers, false);
});

test('a table that says nothing is none of ours to judge', () => {
  assert.equal(readOwner('table inet x {\n set alive {\n type mark\n }\n}', WORLD), undefined);
});

test('this process is told from all others', () => {
  const processes = systemProcesses();
  assert.match(processes.began(process.pid) ?? '', /^\d+$/);
  assert.equal(processes.began(0), undefined);
});
