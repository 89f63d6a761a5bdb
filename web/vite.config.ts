import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

// The Go binary embeds dist/ as it lies there, so scripts and style sheets are stored compressed and only so:
// a fifth of the size. The Go handler decompresses for the rare client that does not accept gzip.
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    async writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle).filter((n) => /\.(js|css|md)$/.test(n))) {
        const path = join(dir, name);
        await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
        await rm(path);
      }
    },
  };
}

export default defineConfig({
  base: './', // every address is relative: the page works below any prefix a proxy adds
  plugins: [compress()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096, // the editor is one large piece by nature
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: ['index.html', 'sample/index.html'],
      onLog(level, log, defaultLog) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') defaultLog(level, log); // "use client" says nothing here
      },
    },
  },
});
