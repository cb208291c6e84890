// The patterns of the English check, each with its rule and an example.

/**
 * `before` and `after`: an example of a phrase and of its rewrite. In the text that a pattern reads, the
 * marks of comments are spaces.
 * @typedef {{ name: string, pattern: RegExp, rule: string, before: string, after: string }} Rule
 */

/** The text before the first word of a sentence. */
const SENTENCE = String.raw`(?<=^|[.:;!?|)*\]\n]\s+|\n\s*\n\s*|[-*|]\s+|^['"\`\s/*#>-]+)`;

/** @type {readonly Rule[]} */
export const RULES = [
  {
    name: 'negated-pronoun',
    pattern:
      /\b(?:nobody|whoever|anybody|everybody|nothing\s+(?:is|was|has|of|that|can|may|must|but|it|they|else\s+(?:is|may|can)))\b/gi,
    rule: 'say it positively, and name who does it',
    before: 'Both transports let nobody in who is no member',
    after: 'Both transports accept members only',
  },
  {
    name: 'where-condition',
    pattern: new RegExp(String.raw`${SENTENCE}Where\s(?![^,?]*\?)[^,.:;|]{2,120},`, 'g'),
    rule: 'a condition begins with If or When',
    before: 'Where that fails, root keeps the way that the cloud made',
    after: 'If that fails, root login stays enabled',
  },
  {
    name: 'told',
    pattern: /\b(?:(?:is|are|was|were|be|been|being)\s+told|tells)\b/gi,
    rule: 'machines report, log, return and print',
    before: '`watchbill coordinate run` tells every mistake with its line',
    after: '`watchbill coordinate run` reports each mistake with its line number',
  },
  {
    name: 'of-own',
    pattern: /\bof\s+(?:its|their|your|his|our|my)\s+own\b/gi,
    rule: 'put "own" before the noun, or say "separate"',
    before: 'the actions have a page of their own',
    after: 'the actions have a separate page',
  },
  {
    name: 'dated-adverb',
    pattern: /\b(?:all\s+the\s+same|besides|seldom)\b/gi,
    rule: 'use "still", "also", "in addition to" or "rarely"',
    before: 'Policies change seldom',
    after: 'Policies rarely change',
  },
  {
    name: 'noun-clause',
    pattern: new RegExp(
      String.raw`${SENTENCE}(?:What|Who)\s(?!to\s)[^?.;|\n]{2,160}(?=[.;|]|$)|\b(?:of|to|by|with|from|for|than|and|into|against)\s+what\s+(?:is|was|it|they|the|a|an|has|had|can|may|must|runs?|stands?|lies|one|each|no)\b`,
      'g',
    ),
    rule: 'name the thing',
    before: 'what enough of them signed is done',
    after: 'once a quorum has signed an action, the group carries it out',
  },
];
