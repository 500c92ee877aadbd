/** How far a run is: a segment per cell of a notebook or per epoch, or one bar when they would be slivers. */
import * as React from 'react';
import { type IProgress, progressOf } from '../texts';
import { type IRecord } from '../tokens';

const MOST = 60;

export function Progress({ details }: { details: IRecord }): React.ReactElement | null {
  const progress = progressOf(details.fields);
  if (!progress) {
    return null;
  }
  const { done, total, unit } = progress;
  const isRunning = details.state === 'running';
  const says = isRunning
    ? `${unit} ${Math.min(done + 1, total)} of ${total}`
    : `${done} of ${total} ${unit}s done`;
  return (
    <div
      className="wb-Progress"
      role="progressbar"
      aria-valuenow={done}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-label={says}
      data-testid="wb-progress"
    >
      <div className="wb-Progress-track">
        {total <= MOST ? (
          Array.from({ length: total }, (_, i) => (
            <span
              key={i}
              data-tone={toneAt(i, progress, details.state)}
              title={`${unit} ${i + 1}`}
            />
          ))
        ) : (
          <>
            <span data-tone="good" style={{ flexGrow: done }} />
            <span data-tone="quiet" style={{ flexGrow: total - done }} />
          </>
        )}
      </div>
      <span className="wb-Progress-text">{says}</span>
    </div>
  );
}

const TONES: Readonly<Record<string, string>> = {
  done: 'good',
  running: 'busy',
  failed: 'bad',
  pending: 'quiet'
};

function toneAt(index: number, { done, states }: IProgress, run: string): string {
  const state = states[index];
  if (state) {
    return state === 'running' && run !== 'running' ? 'bad' : (TONES[state] ?? 'quiet');
  }
  return index < done ? 'good' : index === done && run === 'running' ? 'busy' : 'quiet';
}
