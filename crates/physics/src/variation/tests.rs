use super::*;
use crate::{Model, models, naive};

fn varied(name: &str, text: &str) -> Model {
    let variation: Variation = text.parse().unwrap();
    Model::new(variation.of(models::named(name).unwrap().description()).unwrap()).unwrap()
}

#[test]
fn a_variation_has_one_text() {
    for (text, expected) in [
        ("", ""),
        ("+mass-1", ""),
        ("+strength-0.5+mass-1.5", "+mass-1.5+strength-0.5"),
        ("corrected+gravity-2.0", "+gravity-2+corrected"),
    ] {
        let variation: Variation = text.parse().unwrap();
        assert_eq!(variation.to_string(), expected);
        assert_eq!(expected.parse(), Ok(variation));
    }
    for wrong in ["mass", "mas-1", "mass-", "mass-0", "mass-NaN", "gravity--1", "friction-1e9", "corrected-1"]
    {
        assert!(wrong.parse::<Variation>().is_err(), "{wrong}");
    }
    assert_eq!("mass-2+mass-3".parse::<Variation>(), Err(VariationError::Twice { name: "mass" }));
}

#[test]
fn every_model_can_be_varied_and_none_is_not() {
    for name in models::names() {
        let model = models::named(name).unwrap();
        assert_eq!(Variation::NONE.of(model.description()).as_ref(), Ok(model.description()));
        varied(name, "mass-3+strength-2+corrected");
    }
    varied("ant", "mass-3+friction-0.5+gravity-0.2+strength-2+corrected");
}

#[test]
fn lighter_bodies_have_more_sub_steps_and_contacts_that_push_as_fast() {
    let ant = models::named("ant").unwrap();
    for (mass, expected) in [("100", 10), ("1", 10), ("0.99", 11), ("0.9", 12), ("0.5", 20), ("0.1", 100)] {
        let light = varied("ant", &format!("mass-{mass}"));
        assert_eq!(light.description().substeps, expected, "mass-{mass}");
        assert_eq!(light.description().time_step, ant.description().time_step);
        let rate = light.recovery_rate() / ant.recovery_rate();
        assert!((rate - 1.0).abs() < 1e-12, "mass-{mass}: {rate}");
    }
}

#[test]
fn what_a_model_does_not_bear_or_notice_is_refused_with_what_it_does() {
    let refused = |name: &str, text: &str| {
        let variation: Variation = text.parse().unwrap();
        variation.of(models::named(name).unwrap().description()).unwrap_err().to_string()
    };
    for (name, text, parts) in [
        (
            "ant",
            "mass-0.05",
            ["`ant` does not hold together with mass-0.05", "its mass can be varied by 0.1 to 100"],
        ),
        ("ant", "strength-4.5+mass-2", ["strength-4.5", "its strength can be varied by 0.01 to 4"]),
        ("halfcheetah", "friction-2", ["`halfcheetah`", "its friction can be varied by 0.01 to 1.5"]),
        ("ur5e", "gravity-20", ["`ur5e`", "its gravity can be varied by 0.01 to 10"]),
        ("ur5e", "mass-20+gravity-6", ["`ur5e+mass-20+gravity-6` weighs 120 times", "bear 100 times"]),
        ("ur5e", "friction-2", ["`ur5e` is the same with and without friction-2", "nothing in it touches"]),
        ("reacher", "friction-0.5", ["without friction-0.5", "nothing in it touches"]),
        ("reacher", "gravity-0.5", ["without gravity-0.5", "nothing in it can fall"]),
    ] {
        let found = refused(name, text);
        assert!(parts.iter().all(|part| found.contains(part)), "{name}+{text}: {found}");
    }
    // what is no factor of anything is refused with the range of the model
    let mistaken = |name: &str, text: &str| {
        let error = text.parse::<Variation>().unwrap_err();
        error.of_model(models::named(name).unwrap().description()).to_string()
    };
    for (name, text, range) in [
        ("humanoid", "gravity-150", "from 0.01 to 10,"),
        ("halfcheetah", "friction-x", "from 0.01 to 1.5,"),
        ("ant", "mass-0.001", "from 0.1 to 100,"),
    ] {
        let found = mistaken(name, text);
        assert!(found.contains("is no factor of") && found.contains(range), "{name}+{text}: {found}");
    }
    // a factor of one says nothing, and numbers that no text has are refused as well
    varied("reacher", "friction-1+gravity-1");
    for mass in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let variation = Variation { mass, ..Variation::NONE };
        assert!(variation.of(models::named("ant").unwrap().description()).is_err(), "{mass}");
    }
}

#[test]
fn factors_do_what_they_say() {
    let fall = |text: &str| {
        let model = varied("ant", text);
        let mut world = naive::start(&model, &model.rest(), &[0.0; 8]);
        world.iter_mut().take(9).for_each(|body| body.position.0[2] += 5.0);
        naive::step(&model, &mut world, &[0.0; 8]);
        world[0].velocity.0[2]
    };
    // in free flight nothing but gravity counts
    assert!((fall("gravity-0.5") - 0.5 * fall("")).abs() < 1e-9, "{} {}", fall("gravity-0.5"), fall(""));
    assert!((fall("mass-2") - fall("")).abs() < 1e-9);

    // twice the mass and twice the springs, limits and motors would be the same world: here motors alone are
    let turn = |text: &str| {
        let model = varied("reacher", text);
        let mut world = naive::start(&model, &model.rest(), &[0.0; 2]);
        naive::step(&model, &mut world, &[0.1, 0.0]);
        world[1].angular.0[2]
    };
    let (once, twice) = (turn(""), turn("strength-2"));
    assert!(once.abs() > 1e-6 && (twice / once - 2.0).abs() < 0.05, "{once} {twice}");
}

#[test]
fn a_corrected_hopper_does_not_gain_speed_in_the_air() {
    let speed = |text: &str| {
        let model = varied("hopper", text);
        let mut world = naive::start(&model, &model.rest(), &[0.0; 3]);
        for body in world.iter_mut().take(4) {
            body.position.0[2] += 50.0;
            body.velocity.0[0] = 1.0;
        }
        for _ in 0..50 {
            naive::step(&model, &mut world, &[0.0; 3]);
        }
        world[0].velocity.0[0]
    };
    // exp of the time of fifty steps, 0.4: up, or down
    assert!((speed("") - 0.4_f64.exp()).abs() < 1e-3, "{}", speed(""));
    assert!((speed("corrected") - (-0.4_f64).exp()).abs() < 1e-3, "{}", speed("corrected"));
}
