import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hasHidden } from '../index.ts';
import { fileDocument } from './document.ts';
import { html } from './html.ts';

const ENTITY: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };

/** A text as a browser reads it. */
function read(markup: string): string {
  return markup.replace(/&(lt|gt|amp|quot|#39);/g, (_all, name: string) => ENTITY[name] ?? '');
}

test('any text comes out of HTML as it went in, and ends neither an element nor an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const { markup } = html`${text}`;
      assert.doesNotMatch(markup, /[<>"']/);
      if (!hasHidden(text)) assert.equal(read(markup), text);
      else assert.ok(!hasHidden(markup));
    }),
  );
});

test('markup is not escaped twice, lists are joined, null is left out', () => {
  const { markup } =
    html`<ul>${['a&', '<b>'].map((one) => html`<li>${one}</li>`)}</ul>${null}${false}${0}${12n}`;
  assert.equal(markup, '<ul><li>a&amp;</li><li>&lt;b&gt;</li></ul>012');
});

test('a page in one file holds its style, refers to nothing outside, and escapes its parts', () => {
  const page = fileDocument({ title: '<t>', header: 'h', content: html`<p>${'<c>'}</p>`, footer: '<f>' });
  assert.match(page, /<title>&lt;t&gt;<\/title>/);
  assert.match(page, /<p>&lt;c&gt;<\/p>/);
  assert.match(page, /<style>\n:root \{/);
  assert.doesNotMatch(page, /<script|<link|src=|href=|url\(/);
});
