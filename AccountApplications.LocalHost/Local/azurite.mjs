// Runs Azurite with the arguments given, for as long as standard input stays open. However its owner ends, that closes then, and Azurite
// is asked to shut down, as it lets a parent process ask: it saves what it holds first. TEMPORARY=1 removes its folder afterwards.
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Node.js is too old: it is ${process.version}, and Azurite needs 20 or later.`);
  process.exit(1);
}

const [script, ...args] = process.argv.slice(2);
// Detached: a terminal's Ctrl+C reaches the whole process group, and the owner needs its storage to stop.
const azurite = fork(script, args, { detached: true, execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdout.on('error', () => {});
process.stdin.on('error', () => {}).on('close', () => azurite.connected && azurite.send('shutdown')).resume();

let closed = 0;
createInterface({ input: azurite.stdout }).on('line', line => {
  console.log(line);
  // All three services have saved: clients that keep their connections open do not hold it up.
  if (line.endsWith('service successfully closed') && ++closed === 3) azurite.kill('SIGKILL');
});

azurite.on('exit', code => {
  if (process.env.TEMPORARY === '1') rmSync(args[args.indexOf('--location') + 1], { recursive: true, force: true });
  process.exit(closed === 3 ? 0 : code ?? 1);
});
