import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The rooms a room may look into, besides itself. */
const rooms: { readonly [room: string]: readonly string[] } = {
  cli: ['commands', 'tui', 'model'],
  index: ['config', 'engine', 'model', 'plugin', 'transform'],
  commands: ['config', 'daemon', 'engine', 'log', 'notify', 'state', 'tui', 'plugin', 'model', 'transform'],
  tui: ['engine', 'state', 'model'],
  daemon: ['config', 'engine', 'notify', 'state', 'model'],
  notify: ['config', 'engine', 'state', 'http', 'model'],
  engine: ['config', 'plugin', 'transform', 'log', 'state', 'http', 'model'],
  log: ['plugin', 'model'],
  state: ['sql', 'plugin', 'model'],
  sql: ['transform', 'plugin', 'model'],
  config: ['plugin', 'transform', 'model'],
  plugin: ['model'],
  testing: ['plugin', 'transform', 'model'],
  transform: ['model'],
  formats: ['model'],
  http: ['model'],
  model: [],
};

/** Who may import a library; the others are free. */
const doors: { readonly [library: string]: RegExp } = {
  ajv: /^src\/(config\/|transform\/checks\.ts)/,
  chokidar: /^src\/daemon\/watch\.ts/,
  cosmiconfig: /^src\/config\/(load|find)\.ts/,
  croner: /^src\/config\/schedule\.ts/,
  fastify: /^src\/daemon\/api\//,
  libsql: /^src\/sql\//,
  pg: /^src\/sql\/postgres/,
  'pg-cursor': /^src\/sql\/postgres/,
  '@marcbachmann/cel-js': /^src\/transform\/expression/,
  'prom-client': /^src\/daemon\/metrics\.ts/,
  'lossless-json': /^src\/model\/json\.ts/,
  papaparse: /^src\/formats\//,
  picocolors: /^src\/(tui\/look|config\/report)\.ts/,
  ink: /^src\/tui\//,
  react: /^src\/tui\//,
  commander: /^src\/cli[./]/,
  oauth4webapi: /^src\/http\//,
  undici: /^src\/http\//,
  jiti: /^src\/(plugin|sql)\//,
  yaml: /^src\/(config\/|plugin\/connector\.ts)/,
};

const files = ['src', 'plugins'].flatMap(filesBelow);

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

function roomOf(file: string): string {
  return (
    file
      .replace(/^src\//, '')
      .replace(/\.ts$/, '')
      .split('/')[0] ?? ''
  );
}

describe('the house', () => {
  it('lets a room look only into the rooms below it', () => {
    const wrong = files
      .filter((file) => file.startsWith('src/'))
      .flatMap((file) => {
        const allowed = rooms[roomOf(file)];
        const seen = importsOf(file).filter((path) => path.startsWith('.'));
        return seen
          .map((path) => roomOf(relative(root, join(root, file, '..', path))))
          .filter((room) => room !== roomOf(file) && !allowed?.includes(room))
          .map((room) => `${file} looks into ${room}`);
      });
    expect(wrong).toEqual([]);
  });

  it('lets plugins in by the public doors only', () => {
    const wrong = files
      .filter((file) => file.startsWith('plugins/'))
      .flatMap((file) => {
        const own = file.split('/').slice(0, 2).join('/');
        const strangers = importsOf(file).filter((path) =>
          path.startsWith('.')
            ? !relative(root, join(root, file, '..', path)).startsWith(`${own}/`)
            : !path.startsWith('node:') && !/^syncline(\/(sql|formats|http))?$/.test(path),
        );
        return strangers.map((path) => `${file} imports ${path}`);
      });
    expect(wrong).toEqual([]);
  });

  it('has one door per library', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .map((path) => path.match(/^(@[^/]+\/[^/]+|[^/.]+)/)?.[0] ?? '')
        .filter((library) => doors[library] && !doors[library].test(file))
        .map((library) => `${file} imports ${library}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the outside world out of model and transform', () => {
    const wrong = files.filter(
      (file) =>
        /^src\/(model|transform)\//.test(file) &&
        (importsOf(file).some((path) => path.startsWith('node:')) ||
          /Date\.now|new Date\(\)|Math\.random|process\./.test(readFileSync(join(root, file), 'utf8'))),
    );
    expect(wrong).toEqual([]);
  });

  it('names its files by nouns a user would know, and keeps them short', () => {
    const vague = files.filter((file) =>
      /\/(utils?|helpers?|common|types?|services?|managers?|misc)\//.test(file),
    );
    const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 301);
    expect({ vague, long }).toEqual({ vague: [], long: [] });
  });

  it('has no switched-off check', () => {
    const wrong = files.filter((file) =>
      /@ts-(ignore|nocheck|expect-error)|biome-ignore|\bas any\b|: any\b/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(wrong).toEqual([]);
  });
});
