//! The set of validators: a plain list, changed by root, taken up by the next planned session. It stands where
//! staking stands on a relay chain:
//!
//! * `SessionsPerEra` says how often the list, changed or not, is handed to the session pallet anew, which is what
//!   makes GRANDPA move to its next set, as an era does;
//! * offences are noted here (storage `Offences`, event `Offence`) and disable the offender by the session pallet's
//!   own strategy; nothing is slashed.

mod offences;
mod sessions;

pub use offences::NoIdentification;
pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use alloc::vec::Vec;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use sp_runtime::Perbill;
    use sp_staking::SessionIndex;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        frame_system::Config<RuntimeEvent: From<Event<Self>>>
        + pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
    {
        /// Who may change the set.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// How many validators there may be.
        #[pallet::constant]
        type MaxValidators: Get<u32>;
    }

    /// Who validates from the next planned session on.
    #[pallet::storage]
    pub type Validators<T: Config> = StorageValue<_, BoundedVec<T::AccountId, T::MaxValidators>, ValueQuery>;

    /// Every how many sessions the list is handed over anew; 0: only when it changed.
    #[pallet::storage]
    pub type SessionsPerEra<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Whether the list changed since it was last handed over.
    #[pallet::storage]
    pub type Changed<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// By session of the offence and validator: how many offences, and the worst one's part of the stake that a
    /// chain with stakes would take.
    #[pallet::storage]
    pub type Offences<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        SessionIndex,
        Twox64Concat,
        T::AccountId,
        (u32, Perbill),
        ValueQuery,
    >;

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The list changed; it is in force two sessions on.
        ValidatorsChanged {
            /// The new list.
            validators: Vec<T::AccountId>,
        },
        /// The list is handed over anew at another pace.
        SessionsPerEraChanged {
            /// Every so many sessions.
            sessions: u32,
        },
        /// An offence was reported and proven.
        Offence {
            /// The session in which it was committed.
            session: SessionIndex,
            /// The validator.
            offender: T::AccountId,
            /// The part of the stake that a chain with stakes would take.
            fraction: Perbill,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// More validators than `MaxValidators`.
        TooManyValidators,
        /// The set would be empty, and the chain would stand.
        NoValidators,
        /// The account is in the set already, or twice in the list.
        AlreadyThere,
        /// The account is not in the set.
        NotThere,
        /// The account has no session keys.
        NoKeys,
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The first validators.
        pub validators: Vec<T::AccountId>,
        /// See the storage of this name.
        pub sessions_per_era: u32,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let list = BoundedVec::try_from(self.validators.clone());
            Validators::<T>::put(list.expect("a genesis must not name more than MaxValidators"));
            SessionsPerEra::<T>::put(self.sessions_per_era);
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Replaces the list.
        #[pallet::call_index(0)]
        #[pallet::weight(T::DbWeight::get().reads_writes(2, 2))]
        pub fn set_validators(origin: OriginFor<T>, validators: Vec<T::AccountId>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::store(validators)
        }

        /// Adds one, who must have session keys.
        #[pallet::call_index(1)]
        #[pallet::weight(T::DbWeight::get().reads_writes(2, 2))]
        pub fn add_validator(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let mut list = Validators::<T>::get().into_inner();
            list.push(validator);
            Self::store(list)
        }

        /// Removes one; the last one stays.
        #[pallet::call_index(2)]
        #[pallet::weight(T::DbWeight::get().reads_writes(2, 2))]
        pub fn remove_validator(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let mut list = Validators::<T>::get().into_inner();
            let at = list
                .iter()
                .position(|known| *known == validator)
                .ok_or(Error::<T>::NotThere)?;
            list.remove(at);
            Self::store(list)
        }

        /// Changes how often the list is handed over anew.
        #[pallet::call_index(3)]
        #[pallet::weight(T::DbWeight::get().writes(1))]
        pub fn set_sessions_per_era(origin: OriginFor<T>, sessions: u32) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            SessionsPerEra::<T>::put(sessions);
            Self::deposit_event(Event::SessionsPerEraChanged { sessions });
            Ok(())
        }
    }

    impl<T: Config> Pallet<T> {
        fn store(validators: Vec<T::AccountId>) -> DispatchResult {
            ensure!(!validators.is_empty(), Error::<T>::NoValidators);
            for (at, who) in validators.iter().enumerate() {
                ensure!(!validators[..at].contains(who), Error::<T>::AlreadyThere);
                ensure!(
                    pallet_session::Pallet::<T>::load_keys(who).is_some(),
                    Error::<T>::NoKeys
                );
            }
            let list = BoundedVec::try_from(validators.clone()).map_err(|_| Error::<T>::TooManyValidators)?;
            Validators::<T>::put(list);
            Changed::<T>::put(true);
            Self::deposit_event(Event::ValidatorsChanged { validators });
            Ok(())
        }
    }
}
