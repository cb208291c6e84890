// In place of `@fastify/static` inside of the one file: its files are assets, not on a disk.

const { readFileSync } = require('node:fs');
const { extname } = require('node:path');

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'application/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** As the plugin of fastify: `NAME` below the prefix answers with the file of `root`. */
module.exports = async function staticFiles(fastify, { root }) {
  fastify.get('/:name', { schema: { hide: true } }, async ({ params: { name } }, reply) => {
    const type = TYPES[extname(name)];
    if (type === undefined || name.includes('/')) return reply.callNotFound();
    let content;
    try {
      content = readFileSync(`${root}/${name}`);
    } catch {
      return reply.callNotFound();
    }
    return reply.type(type).send(content);
  });
};
