import { type ASTNode, type EvaluationError, type ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js';
import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import { environment, toCel, toValue } from './cel.ts';
