// Finds the files for the checks, and separates comments, literals and code of a source.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_ONLY } from '../../.dependency-cruiser.mjs';

const PRUNED = new Set(['node_modules', 'dist', 'gen', 'target', '.git', '.cache', '.watchbill']);

/** Sorted paths relative to the root, without folders of built, generated and installed files. */
export function filesOf(root, patterns) {
  const exclude = (entry) => PRUNED.has(entry.split('/').at(-1));
  return [...new Set(globSync(patterns, { cwd: root, exclude }))].sort();
}

/** The text of a file. */
export function textOf(root, file) {
  return readFileSync(join(root, file), 'utf8');
}

const TEST_CODE = new RegExp(TEST_ONLY.join('|'));

/** Whether only tests load a file, by its path from the root. */
export function isTestOnly(file) {
  return TEST_CODE.test(file);
}

/**
 * A comment or a literal with its delimiters. A template literal is split at its expressions, which are code.
 * @typedef {{ kind: 'comment' | 'string' | 'template' | 'regex', start: number, end: number }} Piece
 */

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|(?<word>[\w$\u0080-\uffff]+)|(?<space>\s+)|[()[\];,.:<>=!&|?+*%^~@#-]+|[\s\S]/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
/** A slash after one of these words starts a regular expression. */
const BEFORE_REGEX =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|export|default)$/;

/** Comments and literals of a TypeScript or JavaScript source, in source order. @returns {Piece[]} */
export function piecesOf(source) {
  const pieces = [];
  /** For each open template literal, the number of open braces in the current expression. */
  const holes = [];
  let before = '';
  let at = source.startsWith('#!') ? source.indexOf('\n') : 0;
  const add = (kind, start, end) => {
    pieces.push({ kind, start, end });
    at = end;
    before = kind === 'comment' ? before : 'literal';
  };
  const template = (start) => {
    const text = matchAt(TEMPLATE, source, start + 1);
    const end = text === undefined ? source.length : start + 1 + text.length;
    if (text?.endsWith('{')) holes.push(0);
    add('template', start, end);
    if (text?.endsWith('{')) before = '{';
  };
  while (at >= 0 && at < source.length) {
    TOKEN.lastIndex = at;
    const [token, comment, string, word, space] = TOKEN.exec(source);
    if (comment !== undefined) add('comment', at, at + token.length);
    else if (string !== undefined) add('string', at, at + token.length);
    else if (token === '`') template(at);
    else if (token === '}' && holes.at(-1) === 0) {
      holes.pop();
      template(at);
    } else {
      const regex = token === '/' && mayBeginRegex(before) ? matchAt(REGEX, source, at) : undefined;
      if (regex !== undefined) {
        add('regex', at, at + regex.length);
        continue;
      }
      if (holes.length > 0 && (token === '{' || token === '}'))
        holes.push(holes.pop() + (token === '{' ? 1 : -1));
      if (space === undefined) before = word ?? token.at(-1);
      at += token.length;
    }
  }
  return pieces;
}

function matchAt(pattern, source, at) {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function mayBeginRegex(before) {
  return BEFORE_REGEX.test(before) || !/^(?:literal|[\w$\u0080-\uffff]+|[)\]}])$/u.test(before);
}

/** The source with pieces of these kinds replaced by spaces; offsets and line numbers stay valid. */
export function without(source, pieces, kinds) {
  let text = '';
  let from = 0;
  for (const { kind, start, end } of pieces) {
    if (!kinds.includes(kind)) continue;
    text += source.slice(from, start) + blank(source.slice(start, end));
    from = end;
  }
  return text + source.slice(from);
}

/** Spaces of the same length, with the same line breaks. */
export function blank(text) {
  return text.replace(/[^\n]/g, ' ');
}

/** The line number of an offset, from 1. */
export function lineAt(text, offset) {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
