// Bundles each widget into one ES module and one style sheet that travel in the Python package.
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

const flags = new Set(process.argv.slice(2));
const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
  legalComments: 'none'
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
  const widgets = ['grid', 'curves', 'loop'];
  await build({
    ...shared,
    entryPoints: widgets.flatMap(name => [
      { in: `src/${name}/index.ts`, out: name },
      { in: `src/${name}/${name}.css`, out: name }
    ]),
    outdir: '../../workbench/widgets/static',
    minify: flags.has('--minify')
  });
}
