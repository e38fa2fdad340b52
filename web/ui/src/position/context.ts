import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type PositionMessages, positionEn } from "../locales/position.en";

export const PositionMessagesContext = createContext<PositionMessages>(positionEn);

export function usePositionMessages(): PositionMessages {
  return useContext(PositionMessagesContext);
}
