// The functions of a TypeScript or JavaScript source, read from its syntax tree.

import { parseSync } from '@swc/core';

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
  'GetterProperty',
  'SetterProperty',
]);

/** Functions of the test runner. */
const RUNNER =
  /^(?:(?:t|context)[.])?(?:test|it|describe|suite|before|after|beforeEach|afterEach)(?:[.](?:only|skip|todo))?$/;

/**
 * @typedef {object} SizedFunction
 * @property {string} name starts with the names of the enclosing functions, and is unique in the file
 * @property {number} line its first line
 * @property {number} lines how many lines it has, including the first and the last
 * @property {number} parameters how many parameters it has
 * @property {boolean} ofRunner it is an argument of a function of the test runner
 */

/** All functions with a body, in source order. @returns {SizedFunction[]} */
export function functionsOf(source) {
  const lineOf = lineFinder(source);
  const found = [];
  const named = new Map();
  const unique = (name) => {
    const nth = (named.get(name) ?? 0) + 1;
    named.set(name, nth);
    return nth === 1 ? name : `${name} #${nth}`;
  };
  walk(
    parseSync(source, { syntax: 'typescript', target: 'esnext' }),
    { path: [], ofRunner: false },
    (node, own, context) => {
      const line = lineOf(node.span.start);
      found.push({
        name: unique([...context.path, own].join(' > ')),
        line,
        lines: lineOf(node.span.end - 1) - line + 1,
        parameters: parametersOf(node),
        ofRunner: context.ofRunner,
      });
    },
  );
  return found;
}

/** Converts an offset of swc, which counts bytes from 1, to a line number. */
function lineFinder(source) {
  const bytes = Buffer.from(source);
  const starts = [0];
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] < offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function parametersOf(node) {
  const parameters = (node.params ?? node.function?.params ?? []).map((given) => given.pat ?? given);
  return parameters.filter(({ value }) => value !== 'this').length;
}

/** Visits each function with the name that its context gives it. */
function walk(node, context, visit) {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, context, visit);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  if (FUNCTIONS.has(node.type)) {
    if ((node.function ?? node).body === null) return;
    const own = keyName(node.identifier ?? node.key) ?? context.given ?? 'anonymous';
    visit(node, own, context);
    walkParts(node, { path: [...context.path, own], ofRunner: false }, visit);
    return;
  }
  if (node.type === 'CallExpression') {
    const callee = calleeName(node.callee);
    walk(node.callee, inside(context), visit);
    const ofRunner = RUNNER.test(callee);
    const given = `${callee}(…)`;
    for (const { expression } of node.arguments) walk(expression, { ...context, given, ofRunner }, visit);
    return;
  }
  if (node.type === 'ObjectExpression' && context.given !== undefined) {
    walkParts(node, inside({ path: [...context.path, context.given] }), visit);
    return;
  }
  const given = givenName(node);
  if (given === undefined) walkParts(node, WRAPPERS.has(node.type) ? context : inside(context), visit);
  else if (CLASSES.has(node.type)) walkParts(node, inside({ path: [...context.path, given] }), visit);
  else walkParts(node, { ...inside(context), given }, visit);
}

/** Expressions that keep the name of the declaration around them. */
const WRAPPERS = new Set(['ParenthesisExpression', 'TsAsExpression', 'TsSatisfiesExpression']);
const CLASSES = new Set(['ClassDeclaration', 'ClassExpression']);

function inside({ path }) {
  return { path, ofRunner: false };
}

function walkParts(node, context, visit) {
  for (const key in node)
    if (key !== 'span' && typeof node[key] === 'object') walk(node[key], context, visit);
}

/** The name that a declaration, a property or an assignment gives to the function in it. */
function givenName(node) {
  if (node.type === 'VariableDeclarator') return keyName(node.id);
  if (node.type === 'KeyValueProperty') return keyName(node.key);
  if (node.type === 'ClassProperty' || node.type === 'PrivateProperty') return keyName(node.key);
  if (CLASSES.has(node.type)) return keyName(node.identifier);
  if (node.type === 'AssignmentExpression') return keyName(node.left?.property ?? node.left);
  return undefined;
}

function keyName(key) {
  const value = key?.value ?? key?.id?.value ?? (key?.type === 'Computed' ? 'computed' : undefined);
  return value === undefined ? undefined : String(value);
}

function calleeName(callee) {
  if (callee.type === 'MemberExpression')
    return `${calleeName(callee.object)}.${keyName(callee.property) ?? 'computed'}`;
  if (callee.type === 'CallExpression') return `${calleeName(callee.callee)}()`;
  return keyName(callee) ?? 'function';
}
