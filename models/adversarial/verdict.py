"""What the metrics of a GAN come to, in words for everyone."""

from models.adversarial.collapse import NEARLY_ALWAYS

_NO_DIFFERENCE = 0.1


def lead(metrics: dict[str, float]) -> str:
    """Returns who fools whom, and how far the images are from real ones."""
    fooled, recognised = 1 - metrics["accuracy_generated"], metrics["accuracy_real"]
    told = (
        f"The discriminator takes {fooled:.0%} of the generated images for real, and"
        f" {recognised:.0%} of the real ones."
    )
    if recognised - fooled < _NO_DIFFERENCE:
        told += " So it cannot tell them apart."
    elif recognised - fooled > 1 - _NO_DIFFERENCE:
        told += " So hardly an image fools it."
    floor = max(metrics["frechet_distance_real"], 1e-3)
    times = metrics["frechet_distance"] / floor
    if times < 1.5:
        return (
            told
            + " By their features, generated images are as near to real ones as can be measured."
        )
    return (
        told + " By their features, generated images are"
        f" {times:,.{0 if times >= 10 else 1}f} times as far from real ones as other real ones are."
    )


def warnings(metrics: dict[str, float]) -> dict[str, str]:
    """Returns what is wrong with the GAN: a headline and an explanation each."""
    told = {}
    if metrics["memorises"]:
        told["The generator memorises."] = (
            f"{metrics['copies']:.0%} of its images look like copies of training"
            f" images, and {metrics['copies_real']:.0%} of real images that were held out."
            " Copying is forbidden in the challenge, and says nothing about what was"
            " learnt."
        )
    if metrics["collapsed"]:
        how = (
            f"differ from one another {metrics['diversity']:.0%} as much as real ones do"
            if metrics["diversity"] <= metrics["distinctness"]
            else "are a few, which come again and again"
        )
        told["The generator has collapsed."] = (
            f"Its images {how}. Take an earlier export, or train again with another seed or a"
            " smaller learning rate."
        )
    real, generated = metrics["accuracy_real"], metrics["accuracy_generated"]
    if min(real, generated) >= NEARLY_ALWAYS:
        told["The discriminator is nearly never wrong."] = (
            "A generator learns little from one that is. Give the generator more steps, or the"
            " discriminator a smaller network."
        )
    elif max(real, generated) >= NEARLY_ALWAYS and min(real, generated) <= 1 - NEARLY_ALWAYS:
        answer = "real" if real > generated else "generated"
        told[f"The discriminator calls everything {answer}."] = (
            "It does not look at the image, so its answers are worth nothing in a battle."
        )
    return told
