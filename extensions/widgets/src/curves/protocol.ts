// What Python and the curves say to each other; mirrors workbench/widgets/curves.py.

export type IPoint = { step: number } & Record<string, number>;

export interface IPane {
  title: string;
  names: string[];
}

export interface IBest {
  name: string;
  step: number;
  value: number;
}

export interface ITraits {
  title: string;
  state: string;
  note: string;
  panes: IPane[];
  best: IBest | Record<string, never>;
  can_cancel: boolean;
}

interface IPointsMessage {
  kind: 'points';
  start: number;
  points: IPoint[];
}

/** Return *points* with a message's points put where they belong; null when some before them are missing. */
export function merge(points: IPoint[], message: unknown): IPoint[] | null {
  if (!isPoints(message)) {
    return points;
  }
  return message.start > points.length
    ? null
    : [...points.slice(0, message.start), ...message.points];
}

function isPoints(message: unknown): message is IPointsMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    (message as { kind?: unknown }).kind === 'points'
  );
}
