// Serves the page that draws a dashboard, and passes its queries on to Prometheus: one origin for
// both, as in Grafana.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, '..', 'node_modules');
const TYPES = {
  css: 'text/css', html: 'text/html', js: 'text/javascript', json: 'application/json',
  svg: 'image/svg+xml', woff2: 'font/woff2',
};

/** The page's own code and Grafana's: `{path: contents}`. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, 'page.jsx')], outdir: '/', bundle: true, write: false, minify: true,
    format: 'esm', jsx: 'automatic', target: 'es2022', logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    // Grafana's code editor is loaded when one is shown; there is none.
    splitting: true, external: ['monaco-editor'],
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]));
}

/** What Grafana's components load from its server. Its fonts are not in its packages. */
function grafanaFile(path) {
  const icon = path.match(/^\/public\/build\/(img\/icons\/\w+\/[\w-]+\.svg)$/);
  if (icon) return readFileSync(join(MODULES, '@grafana/ui/dist/public', icon[1]));
  const font = path.match(/^\/public\/fonts\/inter\/Inter-(Regular|Medium)\.woff2$/);
  const weight = { Regular: 400, Medium: 500 }[font?.[1]];
  const file = `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`;
  return weight && readFileSync(join(MODULES, file));
}

function reply(response, path, body) {
  if (body === undefined) return response.writeHead(404).end();
  return response.setHeader('Content-Type', TYPES[path.split('.').at(-1)]).end(body);
}

/** Starts it for VIEW (see page.jsx) of what PROMETHEUS has: `{url, end()}`. */
export async function serve(view, prometheus) {
  const files = {
    '/index.html': readFileSync(join(HERE, 'page.html')),
    '/view.json': JSON.stringify(view),
    ...await bundle(),
  };
  const server = createServer(async ({ url }, response) => {
    if (url.startsWith('/api/')) {
      const answer = await fetch(new URL(url, prometheus.url));
      reply(response, '.json', await answer.text());
    } else {
      const path = url === '/' ? '/index.html' : url;
      reply(response, path, files[path] ?? grafanaFile(path));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/`, end: () => server.close() };
}
