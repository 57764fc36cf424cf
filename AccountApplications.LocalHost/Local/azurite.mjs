// Runs Azurite with the arguments given, for as long as standard input stays open. However its owner ends, that closes then, and Azurite
// is asked to shut down, as it lets a parent process ask: it saves what it holds first. TEMPORARY=1 removes its folder afterwards.
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';

const [script, ...args] = process.argv.slice(2);
// Detached: a terminal's Ctrl+C reaches the whole process group, and the owner needs its storage to stop.
const azurite = fork(script, args, { detached: true, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.on('error', () => {}).on('close', () => {
  if (azurite.connected) azurite.send('shutdown');
  // A client that keeps its connection open does not hold it up for ever; the data is saved by then.
  setTimeout(() => azurite.kill('SIGKILL'), 4000).unref();
}).resume();

azurite.on('exit', (code, signal) => {
  if (process.env.TEMPORARY === '1') rmSync(args[args.indexOf('--location') + 1], { recursive: true, force: true });
  process.exit(signal ? 1 : code);
});
