// Bundles each widget into one ES module and one style sheet that travel in the Python package.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

const flags = new Set(process.argv.slice(2));

// The style sheet of a library that a part brings along travels inside its module.
const asText = {
  name: 'style sheets of libraries as text',
  setup(build) {
    build.onLoad({ filter: /node_modules.*\.css$/ }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'text'
    }));
  }
};
const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
  legalComments: 'none',
  plugins: [asText]
};

if (flags.has('--test')) {
  const tests = readdirSync('test').filter(name => name.endsWith('.test.ts'));
  await build({
    ...shared,
    entryPoints: tests.map(name => `test/${name}`),
    outdir: 'build/test',
    platform: 'node'
  });
} else {
  const widgets = ['grid', 'curves', 'loop', 'annotate'];
  // Parts of a widget, which its front end asks for when they are needed.
  const parts = [
    ...['grid/item', 'grid/map', 'grid/sound'],
    ...['annotate/shapes', 'annotate/brush', 'annotate/spans', 'annotate/sounds']
  ];
  await build({
    ...shared,
    entryPoints: [
      ...widgets.flatMap(name => [
        { in: `src/${name}/index.ts`, out: name },
        { in: `src/${name}/${name}.css`, out: name }
      ]),
      ...parts.map(name => ({ in: `src/${name}/index.ts`, out: name.replace('/', '_') }))
    ],
    outdir: '../../workbench/widgets/static',
    minify: flags.has('--minify')
  });
}
