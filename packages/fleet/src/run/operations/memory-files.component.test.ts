import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fakePlan, fakeSaved } from '../apply/testing/fake-plan.ts';
import { createFileMemory } from './memory-files.ts';

const saved = (id: string) => fakeSaved(fakePlan([], { id }));

const refused = (folder: string, id: string, message: RegExp) =>
  assert.rejects(createFileMemory(folder).plan(id), { name: 'Fault', message });

test('a plan is found by its id or how it begins, and only where that is one plan', async (context) => {
  const folder = temporaryFolder(context);
  await refused(folder, 'aaaaaaaa', /there is no plan aaaaaaaa/);
  await createFileMemory(folder).savePlan(saved('aaaaaaaa1111'));
  await createFileMemory(folder).savePlan(saved('aaaaaaaa2222'));
  assert.equal((await createFileMemory(folder).plan('aaaaaaaa1')).plan.id, 'aaaaaaaa1111');
  await refused(folder, 'aaaaaaaa', /several plans begin with aaaaaaaa/);
  await refused(folder, 'aaaaaaa', /there is no plan/);
  await refused(folder, '', /there is no plan/);
});

test('a plan that was edited is not loaded', async (context) => {
  const folder = temporaryFolder(context);
  const file = await createFileMemory(folder).savePlan(saved('bbbbbbbb'));
  writeFileSync(file, readFileSync(file, 'utf8').replace('"net"', '"other"'));
  await refused(folder, 'bbbbbbbb', /was changed after it was saved/);
});
