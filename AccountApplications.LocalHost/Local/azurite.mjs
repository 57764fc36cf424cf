// node azurite.mjs FOLDER ARGUMENTS…: runs the Azurite that FOLDER/package.json pins, installed first if need be, for as long as standard
// input stays open. However its owner ends, that closes then, and Azurite is asked to shut down, as it lets a parent process ask: it saves
// what it holds first. Without --location or --inMemoryPersistence it has a temporary folder, which goes with it: the store that it has in
// memory forgets the messages of a minute at once, each by sorting all others again, and answers nobody meanwhile, if there are many.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const START_LIMIT = 30_000;
const [root, ...args] = process.argv.slice(2);

const fail = why => {
  console.error(why);
  process.exit(1);
};
const read = (...path) => JSON.parse(readFileSync(join(root, ...path)));
const { dependencies, devDependencies } = read('package.json');
const pinned = { ...dependencies, ...devDependencies }.azurite;
const isInstalled = () => {
  try {
    return read('node_modules', 'azurite', 'package.json').version === pinned;
  } catch {
    return false;
  }
};

// Of two at once the second waits; a lock whose owner has gone does not count.
async function locked(work) {
  const path = join(root, '.storage', 'install.lock');
  mkdirSync(join(root, '.storage'), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      try {
        process.kill(Number(readFileSync(path)), 0);
        await sleep(200);
      } catch {
        rmSync(path, { force: true });
      }
    }
  }
  try {
    await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function install() {
  if (isInstalled()) return;
  console.log(`Installing Azurite ${pinned} from npm, once…`);
  // A development dependency: npm leaves those out where NODE_ENV is production.
  const npm = spawn('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'pipe'] });
  npm.on('error', () => fail('npm is missing: it installs Azurite, and comes with Node.js.'));
  let errors = '';
  npm.stderr.on('data', text => errors += text);
  const [code] = await once(npm, 'close');
  if (code !== 0) fail(`Azurite cannot be installed: npm ci failed with ${code}: ${errors.trim().split('\n').slice(0, 3).join(' ')}`);
  if (!isInstalled()) fail(`npm ci ran, but node_modules has no Azurite ${pinned}.`);
}

if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node.js is too old: it is ${process.version}, and Azurite needs 20 or later.`);
if (!isInstalled()) await locked(install);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdout.on('error', () => {});

// Detached: a terminal's Ctrl+C reaches the whole process group, and the owner needs its storage to stop.
const script = join(root, 'node_modules', 'azurite', 'dist', 'src', 'azurite.js');
const temporary = args.includes('--location') || args.includes('--inMemoryPersistence') ? null : mkdtempSync(join(tmpdir(), 'azurite-'));
const azurite = fork(script, temporary ? [...args, '--location', temporary] : args, { detached: true, execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
process.stdin.on('error', () => {}).on('close', () => temporary ? azurite.kill('SIGKILL') : azurite.connected && azurite.send('shutdown')).resume();

const ports = new Map();
let closed = 0;
createInterface({ input: azurite.stdout }).on('line', line => {
  const listens = /Azurite (Blob|Queue|Table) service .*successfully listen.*:(\d+)/.exec(line);
  if (listens) {
    ports.set(listens[1], listens[2]);
    if (ports.size === 3) console.log('Listening', ports.get('Blob'), ports.get('Queue'), ports.get('Table'));
  }
  // All three services have saved: clients that keep their connections open do not hold it up.
  if (line.endsWith('successfully closed') && ++closed === 3) azurite.kill('SIGKILL');
});
setTimeout(() => {
  if (ports.size === 3) return;
  azurite.kill('SIGKILL');
  console.error(`Azurite was not ready within ${START_LIMIT / 1000} s.`);
}, START_LIMIT).unref();

azurite.on('exit', code => {
  if (temporary) rmSync(temporary, { recursive: true, force: true });
  process.exit(closed === 3 || (temporary && azurite.killed) ? 0 : code || 1);
});
