import { resolve } from 'node:path';
import { table, usageFault } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { exactlyOne } from '@watchbill/kit/command/rules';
import { file, text, url, yes } from '@watchbill/kit/command/shapes';
import { contextOf, type NamedService, readContexts, writeContexts } from '../../client/contexts.ts';
import { identity } from '../../client/target.ts';
import { findFile } from '../../config/load.ts';

const name = argument(text('name'), 'name of the context, for example box2');
const json = flag(yes(), 'print JSON');

const add = command({
  about: 'add a service under a name; the first one becomes the current context',
  args: { name },
  flags: {
    url: flag(url(['http', 'https']).optional(), 'address of the service'),
    socket: flag(file('path').optional(), 'unix socket of the service'),
    ...identity,
    json,
  },
  rules: [exactlyOne('url', 'socket')],
  examples: [
    'watchbill context add box2 --url https://10.0.0.2:8450 --token-file box2.token --ca-file ca.crt',
  ],
  run: ({ io }, { name, json, url, ...files }) => {
    const { version, current, contexts } = readContexts(io);
    if (contexts[name] !== undefined)
      throw usageFault(`the context ${name} exists`, `watchbill context remove ${name}, then add it again`);
    const paths = Object.entries(files).map(([flag, path]) => [flag, resolve(io.cwd, path)] as const);
    const added: NamedService = { ...(url === undefined ? {} : { url }), ...Object.fromEntries(paths) };
    const isFirst = Object.keys(contexts).length === 0;
    const now = { version, current: isFirst ? name : current, contexts: { ...contexts, [name]: added } };
    const path = writeContexts(io, now);
    const text = `${path}: ${name} is added${isFirst ? ', and current' : ''}\n`;
    print(io, json, { file: path, ...now }, () => text);
  },
});

const use = command({
  about: 'make a context the current one: commands without an address ask its service',
  args: { name },
  flags: { json },
  examples: ['watchbill context use box2'],
  run: ({ io }, { name, json }) => {
    const all = readContexts(io);
    contextOf(all, name, 'argument name');
    writeContexts(io, { ...all, current: name });
    print(io, json, { current: name }, () => `${name} is the current context\n`);
    const file = findFile(io, undefined);
    if (file !== null)
      io.err(`note: ${file} goes first here; --context ${name} asks the service of the context\n`);
  },
});

const remove = command({
  about: 'remove a context; its token and certificates stay where they are',
  args: { name },
  flags: { json },
  examples: ['watchbill context remove box2'],
  run: ({ io }, { name, json }) => {
    const all = readContexts(io);
    contextOf(all, name, 'argument name');
    const { [name]: _, ...contexts } = all.contexts;
    writeContexts(io, { ...all, current: all.current === name ? null : all.current, contexts });
    print(io, json, { removed: name }, () => `${name} is removed\n`);
  },
});

const list = command({
  about: 'list the contexts, and mark the current one',
  flags: { json },
  examples: ['watchbill context list', 'watchbill context list --json'],
  run: ({ io }, { json }) => {
    const all = readContexts(io);
    print(io, json, all, () =>
      table(
        ['current', 'name', 'service', 'token file'],
        Object.entries(all.contexts).map(
          ([each, { socket, url = `unix socket ${socket}`, tokenFile = '-' }]) => [
            each === all.current ? '*' : '',
            each,
            url,
            tokenFile,
          ],
        ),
      ),
    );
  },
});

/** `context`: names for services, so that a command needs one word in place of address and token file. */
export const context = command({
  commands: { add, use, list, remove },
  examples: [
    'watchbill context add box2 --url https://10.0.0.2:8450 --token-file box2.token --ca-file ca.crt',
    'watchbill context use box2',
    'watchbill status --context box2',
  ],
});
