"""Step 2 of the GAN challenge: examples -> generator and discriminator."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train_gan(
    examples: dsl.Input[dsl.Dataset],
    model: dsl.Output[dsl.Model],
    network_class: str,
    loss: str,
    files_fingerprint: str,
    batch_size: int,
    epochs: int,
    max_steps: int,
    learning_rate: float,
    beta_1: float,
    augment: bool,
    use_mnist: bool,
    seed: int,
    start_new_model: bool,
    export_model_steps: int,
    checkpoint_dir: str,
) -> None:
    """Trains two networks against each other and exports them; see `models.adversarial.training`.

    `files_fingerprint` is there for the cache, which cannot see into the participant's files.
    """
    from dataclasses import asdict

    from components.step import step

    with step():
        from models.adversarial.options import AdversarialOptions
        from models.adversarial.training import train_gan

        options = AdversarialOptions(
            model=network_class,
            loss=loss,
            batch_size=batch_size,
            epochs=epochs,
            max_steps=max_steps,
            learning_rate=learning_rate,
            beta_1=beta_1,
            augment=augment and not use_mnist,  # a digit in the mirror is none
            seed=seed,
            start_new_model=start_new_model,
            export_model_steps=export_model_steps,
            checkpoint_dir=checkpoint_dir,
        )
        result = train_gan(examples.path, model.path, "models.gan", options)
    chosen = {
        "network": network_class.rpartition("/")[2],
        "loss_function": loss.rpartition("/")[2],
        "batch_size": batch_size,
        "learning_rate": learning_rate,
    }
    model.metadata.update(asdict(result) | chosen)
