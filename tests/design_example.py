"""The example of the design document, word for word but for the window: it runs, and it passes mypy --strict."""

import ktpel_capture as kc


class Window:
    """Stands for an application's window; a real one gets a signal, because the loop runs in a worker thread."""

    def __init__(self) -> None:
        self.frames = 0

    def show(self, frame: kc.Frame, hints: object) -> None:
        self.frames += 1

    def say(self, sentence: str) -> None:
        print("say:", sentence)


def keep(samples: tuple[kc.FingerprintSample, ...], reports: tuple[kc.QualityReport, ...]) -> None:
    for sample, report in zip(samples, reports, strict=True):
        print("keep:", sample, report.score)


def main() -> None:
    window = Window()
    ktpel = kc.load_profile("ktpel")
    with kc.open_fingerprint_scanner("sim:fingerprint?seed=7") as scanner:
        for event in kc.acquire(scanner, kc.FingerRequest("right_four"), ktpel):
            match event:
                case kc.Previewed(frame, hints):
                    window.show(frame, hints)
                case kc.Advised(advice):
                    window.say(advice.text("id"))
                case kc.Accepted(samples, reports):
                    keep(samples, reports)
    print(f"{window.frames} frames")


if __name__ == "__main__":
    main()
